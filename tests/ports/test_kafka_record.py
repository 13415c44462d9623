"""An event goes into a Kafka record and comes out the same: CloudEvents 1.0, with its trace. Needs no Kafka."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from backbone.kafka.record import Unreadable, event_of, headers_of
from backbone.log.event import Event

EVENT = Event(
    "router", 0, UUID("01a20a70-a2b7-7521-a7f4-fd35de5a644c"), "0198-é", 3, True, "incident.routed", '{"title": "Всё"}',
    {"traceparent": "00-f7d0c40c2efc1747a12dda8528a2cb12-b922eca19edff385-01", "request_id": "a-1"},
    {"intake": 2}, datetime(2026, 2, 4, 10, 0, 0, 123456, tzinfo=UTC),
)  # fmt: skip


@pytest.mark.parametrize("event", [EVENT, replace(EVENT, headers={}, after={}, urgent=False)], ids=["full", "bare"])
def test_an_event_comes_out_as_it_went_in_with_its_trace(event: Event) -> None:
    assert event_of(event.payload.encode(), headers_of(event)) == event


def test_the_record_is_a_cloud_event_in_binary_mode() -> None:
    headers = dict(headers_of(EVENT))
    assert (headers["ce_specversion"], headers["ce_source"], headers["ce_type"]) == (
        b"1.0", b"/critsit/router", b"incident.routed",
    )  # fmt: skip
    assert (headers["ce_subject"], headers["ce_sequence"]) == ("0198-é".encode(), b"3")
    assert headers["ce_traceparent"] == EVENT.headers["traceparent"].encode()
    assert headers["content-type"] == b"application/json"


@pytest.mark.parametrize("name", ["ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "ce_sequence", "ce_urgent"])
@pytest.mark.parametrize("broken", [None, b"", b"\xff\xfe"], ids=["missing", "empty", "bytes"])
def test_what_is_none_of_ours_is_unreadable(name: str, broken: bytes | None) -> None:
    headers = [(key, value) for key, value in headers_of(EVENT) if key != name]
    if broken is not None:
        headers.append((name, broken))
    try:
        read = event_of(EVENT.payload.encode(), headers)
    except Unreadable:
        return
    # Empty words and whatever is no `true` are still an event's; a missing attribute never is.
    assert broken is not None
    assert name in ("ce_source", "ce_type", "ce_subject", "ce_urgent")
    assert (read.id, read.sequence) == (EVENT.id, EVENT.sequence)


def test_a_record_without_data_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        event_of(None, headers_of(EVENT))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_sequence", b"0"), ("ce_sequence", b"-3"), ("ce_sequence", b"1000000000000000000"),
        ("ce_after", b'{"intake": 1000000000000000000}'), ("ce_after", b'{"intake": -1}'), ("ce_after", b"[1, 2]"),
        ("ce_time", b"2026-02-04T10:00:00"),
    ],
)  # fmt: skip
def test_numbers_and_instants_that_no_log_can_hold_are_unreadable(name: str, value: bytes) -> None:
    headers = [(key, text) for key, text in headers_of(EVENT) if key != name]
    with pytest.raises(Unreadable):
        event_of(EVENT.payload.encode(), [*headers, (name, value)])
