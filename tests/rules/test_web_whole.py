"""A transport that writes once a turn: what was written goes out whole, in order, and before the end."""

from __future__ import annotations

import asyncio
from typing import Any

from backbone.web.whole import Whole


class Kept:
    """A transport that keeps what was done to it, in order."""

    def __init__(self) -> None:
        self.done: list[Any] = []

    def write(self, data: bytes) -> None:
        self.done.append(data)

    def write_eof(self) -> None:
        self.done.append("eof")

    def close(self) -> None:
        self.done.append("close")

    def is_closing(self) -> bool:
        return "close" in self.done


def _whole() -> tuple[Whole, Kept]:
    kept: Any = Kept()
    return Whole(kept, asyncio.get_running_loop()), kept


async def test_head_and_body_of_a_turn_are_one_write_and_the_next_turn_has_its_own() -> None:
    whole, kept = _whole()
    whole.write(b"head ")
    whole.write(b"body")
    assert kept.done == []
    await asyncio.sleep(0)
    assert kept.done == [b"head body"]
    whole.write(b"more")
    await asyncio.sleep(0)
    assert kept.done == [b"head body", b"more"]


async def test_what_was_written_goes_out_before_the_end() -> None:
    whole, kept = _whole()
    whole.write(b"answer")
    whole.write_eof()
    whole.write(b"late")
    whole.close()
    await asyncio.sleep(0)
    assert kept.done == [b"answer", "eof", b"late", "close"]
    assert whole.is_closing()


async def test_much_is_not_held() -> None:
    whole, kept = _whole()
    for _ in range(3):
        whole.write(b"x" * 40_000)
    assert [len(data) for data in kept.done] == [80_000]
    await asyncio.sleep(0)
    assert [len(data) for data in kept.done] == [80_000, 40_000]
