"""The events: confirmed in time, and over after they began (AEM-CONFIRM)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.contract.wire import EventWire
from services.durations import write_duration

from .sheet import Sheet


def check_events(sheet: Sheet, fields: Mapping[str, Any]) -> None:
    """Every event by itself. One that is not confirmed yet may still become so, until it is too late for that."""
    notice = sheet.terms.event_confirmation
    for where, event in sheet.items(fields, "events", EventWire):
        if event.ends_at <= event.starts_at:
            sheet.fault(where + "/ends_at", None, "the event ends before it starts")
        if event.confirmed_at is not None and event.confirmed_at > event.starts_at - notice.before:
            sheet.fault(
                where + "/confirmed_at", notice.rule,
                f"confirmed later than {notice.before.days // 7} weeks ({write_duration(notice.before)}) before the start:"
                " such an event is refused",
            )  # fmt: skip
