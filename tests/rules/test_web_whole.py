"""An answer in one write, where its head says how long it is and all of it follows; every other answer is uvicorn's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from backbone.web.whole import Whole

JSON = (b"content-type", b"application/json")


class Kept:
    """A transport that keeps what was done to it, in order."""

    def __init__(self) -> None:
        self.done: list[Any] = []

    def write(self, data: bytes) -> None:
        self.done.append(data)

    def close(self) -> None:
        self.done.append("close")

    def resume_reading(self) -> None:
        """Nothing was paused."""


def cycle_of(kept: Kept, method: str = "POST", *, keep_alive: bool = True) -> Any:
    transport: Any = kept
    cycle: Any = RequestResponseCycle(
        scope={"method": method},  # type: ignore[typeddict-item]
        transport=transport, flow=FlowControl(transport), logger=None, access_logger=None,  # type: ignore[arg-type]
        access_log=False, default_headers=[(b"date", b"today")], message_event=asyncio.Event(),
        expect_100_continue=False, keep_alive=keep_alive, on_response=lambda: kept.done.append("answered"),
    )  # fmt: skip
    cycle.send = Whole(cycle).send
    return cycle


def start(*headers: tuple[bytes, bytes], status: int = 201) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(content: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": more}


async def test_head_and_body_are_one_write_and_then_it_is_answered() -> None:
    cycle = cycle_of(kept := Kept())
    await cycle.send(start(JSON, (b"content-length", b"2")))
    assert kept.done == []
    await cycle.send(body(b"{}"))
    head = b"HTTP/1.1 201 Created\r\ndate: today\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n"
    assert kept.done == [head + b"{}", "answered"]
    assert cycle.response_started
    assert cycle.response_complete
    assert cycle.message_event.is_set()


@pytest.mark.parametrize(
    ("method", "keep_alive", "first", "then"),
    [
        ("HEAD", True, start((b"content-length", b"2")), [body(b"")]),
        ("GET", False, start((b"content-length", b"2")), [body(b"{}")]),
        ("GET", True, start((b"content-length", b"2"), (b"connection", b"close")), [body(b"{}")]),
        ("GET", True, start((b"content-length", b"2")), [body(b"{", more=True), body(b"}")]),
        ("GET", True, start((b"content-length", b"0"), status=204), [body(b"")]),
        ("GET", True, start(JSON), [body(b"{", more=True), body(b"}")]),
    ],
)
async def test_every_other_answer_is_byte_for_byte_uvicorns(
    method: str, keep_alive: bool, first: dict[str, Any], then: list[dict[str, Any]]
) -> None:
    ours, plain = cycle_of(Kept(), method, keep_alive=keep_alive), cycle_of(Kept(), method, keep_alive=keep_alive)
    del plain.send
    for message in (first, *then):
        await ours.send(message)
        await plain.send(message)
    assert ours.transport.done == plain.transport.done
    assert ours.keep_alive == plain.keep_alive
    assert ours.response_complete


async def test_a_stream_begins_before_it_has_anything_to_say() -> None:
    cycle = cycle_of(kept := Kept())
    await cycle.send(start((b"content-type", b"text/event-stream"), status=200))
    assert kept.done[0].startswith(b"HTTP/1.1 200 OK\r\n")


async def test_another_length_than_was_announced_is_an_error() -> None:
    cycle = cycle_of(Kept())
    await cycle.send(start((b"content-length", b"2")))
    with pytest.raises(RuntimeError, match="Content-Length"):
        await cycle.send(body(b"too long"))


async def test_a_header_that_would_begin_another_line_is_an_error() -> None:
    cycle = cycle_of(kept := Kept())
    await cycle.send(start((b"location", b"/x\r\nset-cookie: a=b"), (b"content-length", b"2")))
    with pytest.raises(RuntimeError):
        await cycle.send(body(b"{}"))
    assert kept.done == []


async def test_an_error_after_a_head_that_nobody_saw_is_told_instead_of_it() -> None:
    cycle = cycle_of(kept := Kept())
    await cycle.send(start((b"content-length", b"2")))
    await cycle.send(start((b"content-length", b"3"), status=500))
    await cycle.send(body(b"sad"))
    assert kept.done[0].startswith(b"HTTP/1.1 500 ")
    assert kept.done[0].endswith(b"sad")


async def test_nothing_is_written_to_one_who_has_gone() -> None:
    cycle = cycle_of(kept := Kept())
    await cycle.send(start((b"content-length", b"2")))
    cycle.disconnected = True
    await cycle.send(body(b"{}"))
    assert kept.done == []
