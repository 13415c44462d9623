"""Sound requests, bent at up to three bytes by a seeded hand and sent in pieces: every answer is an HTTP answer of ours.

None is a 5xx, none lacks its request id, nothing goes wrong behind them, and whoever comes next is served.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import re
from contextlib import suppress

import pytest

from backbone.web.connection import Bounds
from tests.harness.plain_socket import line
from tests.harness.small_app import ADMIN, served, small_app

GOOD = b'{"title": "All VMs down", "reporter": {"name": "Aigerim S."}}'
KEY = f"Host: x\r\nAuthorization: Bearer {ADMIN}\r\n".encode()
POST = b"POST /v1/hot HTTP/1.1\r\n" + KEY + b"Content-Type: application/json\r\n"
REPORT = POST + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD
LIST = b"GET /v1/things HTTP/1.1\r\n" + KEY + b"\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
SOUND = (
    REPORT, LIST, REPORT + LIST, CHUNKED + b"5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (GOOD[:5], len(GOOD) - 5, GOOD[5:]),
    CHUNKED + b"%x;a=b\r\n%s\r\n0\r\nX: y\r\n\r\n" % (len(GOOD), GOOD) + REPORT,
    LIST[:-2] + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + LIST, POST + b"Expect: 100-continue\r\n" + REPORT[len(POST) :],
    b"HEAD /v1/things HTTP/1.1\r\n" + KEY + b"\r\n" + LIST, b"OPTIONS * HTTP/1.1\r\n\r\nOPTIONS /v1/hot HTTP/1.0\r\n\r\n",
)  # fmt: skip
THROWN_IN = (
    b"\r\n", b"\n", b":", b" ", b"\x00", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n",
    b"Upgrade: h2c\r\nConnection: upgrade\r\n", b"Expect: 100-continue\r\n", b"GET / HTTP/1.1\r\n\r\n",
    b"Connection: close\r\n",
)  # fmt: skip


def bent(hand: random.Random) -> list[bytes]:
    """A request in pieces."""
    sent = bytearray(hand.choice(SOUND))
    for _ in range(hand.randrange(4)):
        at = hand.randrange(len(sent))
        match hand.randrange(5):
            case 0:
                sent[at] = hand.randrange(256)
            case 1:
                del sent[at : at + hand.randrange(1, min(9, len(sent)))]
            case 2:
                sent[at:at] = hand.randbytes(hand.randrange(1, 5))
            case 3:
                sent[at:at] = sent[at : at + hand.randrange(1, 60)]
            case _:
                sent[at:at] = hand.choice(THROWN_IN)
    cuts = [0, *sorted(hand.randrange(len(sent) + 1) for _ in range(hand.randrange(4))), len(sent)]
    return [bytes(sent[one:other]) for one, other in itertools.pairwise(cuts)]


async def heard(port: int, parts: list[bytes]) -> bytes:
    """All that comes back until there is silence, or an end."""
    told = b""
    async with line(port) as one:
        with suppress(ConnectionError, TimeoutError):
            for part in parts:
                await one.says(part)
                await asyncio.sleep(0)
            async with asyncio.timeout(0.8):
                while piece := await one.reader.read(65_536):
                    told += piece
    return told


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_a_request_is_bent_to_the_answers_are_ours_and_none_is_a_5xx(
    seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(small_app(seconds=0.3), bounds=Bounds(seconds=0.3, linger=0.1)) as port:
        sent = [bent(random.Random(seed * 1000 + number)) for number in range(120)]
        for parts, told in zip(sent, await asyncio.gather(*(heard(port, parts) for parts in sent)), strict=True):
            for answer in re.split(rb"HTTP/1\.1 (?=\d{3} )", told)[1:]:
                assert answer[:3] < b"500", parts
                assert answer.startswith(b"100 ") or b"x-request-id: " in answer, parts
        assert b"201 Created" in await heard(port, [REPORT])
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
