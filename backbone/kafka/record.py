"""An event as a Kafka record: CloudEvents 1.0 in binary mode, the subject as its key; and back.

What can't be read is not an event: it is counted and skipped, since the log carries everything.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ..log.event import Event

Headers = list[tuple[str, bytes]]

#: More events than this no log can number.
_MOST = 2_147_483_647


class Unreadable(ValueError):
    """A record that is none of ours. Never worth a retry."""


def headers_of(event: Event) -> Headers:
    """The `ce_*` headers of an event, and its trace."""
    found: Headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(event.id).encode()),
        ("ce_source", f"/critsit/{event.source}".encode()),
        ("ce_type", event.type.encode()),
        ("ce_subject", event.subject.encode()),
        ("ce_time", event.occurred_at.isoformat().encode()),
        ("ce_sequence", str(event.sequence).encode()),
        ("ce_dataschemaversion", b"1"),
        ("ce_urgent", b"true" if event.urgent else b"false"),
        ("content-type", b"application/json"),
    ]
    if event.after:
        found.append(("ce_after", json.dumps(dict(event.after)).encode()))
    if event.headers:
        found += [(f"ce_{name.replace('_', '')}", value.encode()) for name, value in event.headers.items()]
    return found


def event_of(value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> Event:
    """The event of a record. Raises Unreadable."""
    found = {name: text for name, text in headers if isinstance(text, bytes)}
    try:
        source = found["ce_source"].decode().removeprefix("/critsit/")
        after: dict[str, Any] = json.loads(found["ce_after"]) if "ce_after" in found else {}
        trace = {
            name: found[f"ce_{wire}"].decode()
            for name, wire in (("traceparent", "traceparent"), ("request_id", "requestid"))
            if f"ce_{wire}" in found
        }
        if value is None:
            raise Unreadable("no data")
        occurred_at = datetime.fromisoformat(found["ce_time"].decode())
        if occurred_at.tzinfo is None:
            raise Unreadable("an instant without its zone")
        return Event(
            source, 0, UUID(found["ce_id"].decode()), found["ce_subject"].decode(), _number(found["ce_sequence"], 1),
            found["ce_urgent"] == b"true", found["ce_type"].decode(), value.decode(), trace,
            {str(stage): _number(sequence, 0) for stage, sequence in after.items()}, occurred_at,
        )  # fmt: skip
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Unreadable(repr(error)[:200]) from error


def _number(written: Any, least: int) -> int:
    """A sequence as it was written. Raises Unreadable where no log could hold it."""
    number = int(written)
    if not least <= number <= _MOST:
        raise Unreadable(f"{number} numbers no event")
    return number
