"""The events: confirmed in time, and not over before they begin (AEM-CONFIRM).

One that is not confirmed yet is no fault, since it still may be; but it is told, since until then it is no event.
"""

from __future__ import annotations

from services.contract.shapes import EVENT

from .sheet import Sheet


def check_events(sheet: Sheet) -> None:
    """Every event by itself; its `solution` is a name for people, and need not be one of the work order's."""
    notice = sheet.terms.event_confirmation
    for where, event in sheet.items("events", EVENT):
        starts, ends, confirmed = event.get("starts_at"), event.get("ends_at"), event.get("confirmed_at")
        if starts is not None and ends is not None and ends < starts:
            sheet.fault(where + "/ends_at", None, "the event is over before it starts")
        if starts is None:
            continue
        here, latest = where + "/confirmed_at", f"{starts - notice.before:%Y-%m-%d %H:%M} UTC"
        if confirmed is None and all(fault.pointer != here for fault in sheet.faults):
            sheet.fault(
                here, notice.rule, f"nobody has confirmed the event; it is none until then, by {latest}", "warning"
            )
        elif confirmed is not None and confirmed > starts - notice.before:
            sheet.fault(
                here, notice.rule,
                f"an event is confirmed at least {notice.before.days} days before it starts: here by {latest}",
            )  # fmt: skip
