"""What goes out together: in order, at the end of the turn, and never too late for the end of the connection."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from backbone.web.outgoing import Outgoing


class Wire(asyncio.Transport):
    """Keeps what is done to it."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.closing = False

    def write(self, data: Any) -> None:
        self.done.append(bytes(data))

    def write_eof(self) -> None:
        self.done.append("eof")

    def close(self) -> None:
        self.done.append("close")

    def is_closing(self) -> bool:
        return self.closing


async def test_what_is_written_in_one_turn_goes_out_in_one_piece_at_its_end() -> None:
    wire = Wire()
    out = Outgoing(wire, asyncio.get_running_loop())
    out.write(b"one ")
    out.write(b"two")
    assert wire.done == []
    await asyncio.sleep(0)
    assert wire.done == [b"one two"]
    out.write(b"three")
    await asyncio.sleep(0)
    assert wire.done == [b"one two", b"three"]


@pytest.mark.parametrize("end", ["close", "write_eof"])
async def test_what_ends_it_lets_out_first_what_was_written(end: str) -> None:
    wire = Wire()
    out = Outgoing(wire, asyncio.get_running_loop())
    out.write(b"the last words")
    getattr(out, end)()
    await asyncio.sleep(0)
    assert wire.done == [b"the last words", "eof" if end == "write_eof" else "close"]


async def test_the_transport_sees_at_once_what_is_much() -> None:
    wire = Wire()
    out = Outgoing(wire, asyncio.get_running_loop())
    out.write(b"a little ")
    out.write(b"x" * 70_000)
    assert wire.done == [b"a little " + b"x" * 70_000]
    await asyncio.sleep(0)
    assert len(wire.done) == 1


async def test_nothing_is_written_to_what_broke_meanwhile() -> None:
    wire = Wire()
    out = Outgoing(wire, asyncio.get_running_loop())
    out.write(b"too late")
    wire.closing = True
    await asyncio.sleep(0)
    assert wire.done == []
