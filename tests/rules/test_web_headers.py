"""Small things of requests: ids and traces, ETags, preferences, cursors, rates, and what a log line must not say."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from backbone.process.logging import configure_logging, redact
from backbone.web.etag import etag, if_match
from backbone.web.keys import Caller, WithAdmin, hash_of, new_key
from backbone.web.limits import Limits, Shed
from backbone.web.paging import decode_cursor, encode_cursor, page_of
from backbone.web.prefer import wait_of
from backbone.web.problem import Problem
from backbone.web.request_id import trace_of
from backbone.web.sse import last_event_id
from tests.harness.small_app import Ring


def scope(**headers: bytes) -> dict[str, object]:
    return {"type": "http", "headers": [(k.replace("_", "-").encode(), v) for k, v in headers.items()]}


def status_of(call: Callable[[], object]) -> int:
    try:
        call()
    except Problem as problem:
        return problem.status
    return 200


def test_a_request_id_of_the_right_shape_is_kept_and_any_other_is_replaced() -> None:
    assert trace_of(scope(x_request_id=b"portal-77.a_B"))["request_id"] == "portal-77.a_B"
    for bad in (b"", b"a b", b"x" * 65, b"a\nb", b"\xff", "é".encode(), b'"'):
        made = trace_of(scope(x_request_id=bad))["request_id"]
        assert len(made) == 36
        assert made != bad.decode("latin-1")


def test_a_traceparent_is_carried_on_as_a_new_span_of_the_same_trace() -> None:
    sent = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    carried = trace_of(scope(traceparent=sent))["traceparent"]
    assert carried.split("-")[1] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert carried.split("-")[2] != "00f067aa0ba902b7"
    assert carried.endswith("-01")


def test_a_bad_traceparent_begins_a_new_trace() -> None:
    for bad in (
        b"", b"00", b"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01",
        b"00-4bf92f3577b34da6a3ce929d0e0e4736-" + b"0" * 16 + b"-01",
        b"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    ):  # fmt: skip
        made = trace_of(scope(traceparent=bad))["traceparent"]
        assert len(made) == 55
        assert "4bf92f3577b34da6" not in made


def test_if_match_compares_the_number_weak_or_strong() -> None:
    assert etag(7) == 'W/"7"'
    for good in (b'W/"7"', b'"7"', b"*", b'"3", W/"7"'):
        if_match(scope(if_match=good)).check(7)
    if_match(scope()).check(7)
    with pytest.raises(Problem) as told:
        if_match(scope(if_match=b'W/"6"')).check(7)
    assert (told.value.status, told.value.headers["ETag"]) == (412, 'W/"7"')


@given(st.binary(max_size=40))
def test_a_garbled_if_match_is_a_400_and_nothing_worse(sent: bytes) -> None:
    assert status_of(lambda: if_match(scope(if_match=sent)).check(7)) in (200, 400, 412)


def test_a_wait_is_five_seconds_at_most_and_a_garbled_one_is_none() -> None:
    assert wait_of(scope(prefer=b"wait=2")) == 2
    assert wait_of(scope(prefer=b'respond-async, WAIT = "1.5"; x=1')) == 1.5
    assert wait_of(scope(prefer=b"wait=3600")) == 5
    for none in (b"", b"wait", b"wait=", b"wait=-1", b"wait=x", b"await=3", b"wait=1e9", b"wait=\xff"):
        assert wait_of(scope(prefer=none)) == 0, none
    assert wait_of(scope()) == 0


def test_a_cursor_comes_back_as_the_place_that_it_names() -> None:
    assert decode_cursor(encode_cursor("2026-01-01", 7), str, int) == ("2026-01-01", 7)


@given(st.text(max_size=60))
def test_a_cursor_that_we_did_not_make_is_a_422(cursor: str) -> None:
    with pytest.raises(Problem) as told:
        decode_cursor(cursor, str, int)
    assert (told.value.status, told.value.errors[0].pointer) == (422, "/query/cursor")


def test_a_cursor_whose_values_no_column_holds_is_a_422() -> None:
    for bad in (
        encode_cursor("a", 2**70),
        encode_cursor("a\x00", 1),
        encode_cursor(1, "a"),
        encode_cursor("a"),
        encode_cursor("a", None),
    ):
        with pytest.raises(Problem):
            decode_cursor(bad, str, int)


def test_a_page_knows_whether_there_is_another() -> None:
    assert page_of([1, 2, 3], 2, lambda n: (n,)).next == encode_cursor(2)
    assert page_of([1, 2, 3], 2, lambda n: (n,)).items == [1, 2]
    assert page_of([1, 2], 2, lambda n: (n,)).next is None


def test_last_event_id_is_a_position_or_a_400() -> None:
    assert last_event_id(scope()) is None
    assert last_event_id(scope(last_event_id=b"")) is None
    assert last_event_id(scope(last_event_id=b"42")) == 42
    for bad in (b"x", b"-1", b"9" * 30, b"1.5", "²".encode("latin-1")):
        with pytest.raises(Problem):
            last_event_id(scope(last_event_id=bad))


def test_a_key_is_kept_as_its_hash_and_the_admin_key_has_every_scope() -> None:
    key, kept = new_key()
    assert len(key) == 47
    assert key.startswith("crk_")
    assert hash_of(key) == kept
    assert key not in kept
    ring = WithAdmin(Ring(), "admin")
    found = ring.find(hash_of("admin"))
    assert isinstance(found, Caller)
    assert found.scopes == {"report", "work", "manage", "view"}
    assert WithAdmin(Ring(), None).find(hash_of("")) is None


def test_a_bound_key_sees_its_contracts_and_nothing_without_one() -> None:
    bound = Caller("k", "portal", frozenset({"view"}), frozenset({"WO-1"}))
    assert bound.sees("WO-1")
    assert not bound.sees("WO-2")
    assert not bound.sees(None)
    assert Caller("k", "all", frozenset({"view"})).sees(None)


def test_a_key_that_is_used_too_fast_is_told_when_to_come_again() -> None:
    now = [0.0]
    limits = Limits(rate=2, burst=3, clock=lambda: now[0])
    for _ in range(3):
        limits.take("a")
    limits.take("b")
    with pytest.raises(Problem) as told:
        limits.take("a")
    assert (told.value.status, told.value.headers["Retry-After"]) == (429, "1")
    now[0] = 0.5
    limits.take("a")
    with pytest.raises(Problem):
        limits.take("a")


def test_buckets_of_keys_that_are_not_used_are_let_go() -> None:
    now = [0.0]
    limits = Limits(rate=1, burst=1, clock=lambda: now[0])
    for n in range(3000):
        now[0] += 2
        limits.take(f"k{n}")
    assert len(limits._buckets) <= 1001


def test_a_queue_that_is_too_long_sheds() -> None:
    depth = [5]
    shed = Shed(lambda: depth[0], over=5)
    shed.check()
    depth[0] = 6
    with pytest.raises(Problem) as told:
        shed.check()
    assert told.value.status == 429


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("call +77010000001 now", "call [phone] now"),
        ("a@example.kz wrote", "[mail] wrote"),
        ("postgresql://u:hush@h/d", "postgresql://[mail]/d"),
        ("key crk_" + "a" * 43, "key [key]"),
        ("+351 912 345 678, +1 (425) 555-0100", "[phone], [phone]"),
        ("2026-01-05T09:00:00+00:00 and 1+1", "2026-01-05T09:00:00+00:00 and 1+1"),
    ],
)
def test_no_address_of_a_person_gets_into_a_log_line(said: str, kept: str) -> None:
    assert "hush" not in redact(said)
    if "postgresql" not in said:
        assert redact(said) == kept


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure_logging("info", stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_log_line_is_one_json_object_redacted_however_deep(lines: io.StringIO) -> None:
    structlog.get_logger().info("page.sent", to={"phone": "+77010000001"}, token="hush", raw=b"\xff", odd={1: object()})
    logging.getLogger("uvicorn.error").warning("from %s", "a@example.kz")
    structlog.get_logger().debug("not.said")
    first, second = (json.loads(line) for line in lines.getvalue().splitlines())
    assert (first["event"], first["level"], first["to"]) == ("page.sent", "info", {"phone": "[phone]"})
    assert first["token"] == "[secret]"
    assert second["event"] == "from [mail]"
    assert second["logger"] == "uvicorn.error"


def test_an_error_is_one_line_with_its_trace_and_without_the_addresses_in_it(lines: io.StringIO) -> None:
    try:
        raise ValueError("could not reach +77010000001")
    except ValueError as error:
        structlog.get_logger().error("request.failed", exc_info=error)
    (line,) = lines.getvalue().splitlines()
    assert "7701" not in line
    assert "ValueError" in json.loads(line)["exception"]
