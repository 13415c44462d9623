"""A stand-in for Twilio's REST API that can be as nasty as the real one on a bad day.

It keeps what it was asked for, checks the account, and remembers every message and call by the id that it gave out.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

from tests.harness.raw_http import Heard, answer, listening

ACCOUNT, TOKEN = "ACtest", "s3cret"

Mood = Literal[
    "kind", "busy", "down", "bad-number", "html", "no-sid", "odd-sid", "endless", "hangs", "drops", "redirects", "cut",
    "failed",
]  # fmt: skip


@dataclass(slots=True)
class FakeTwilio:
    """`mood` says how it answers; `asked` is what it was asked for, as (kind, form)."""

    port: int = 0
    mood: Mood = "kind"
    asked: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def last(self) -> dict[str, str]:
        return dict(self.asked[-1][1])

    async def says(self, heard: Heard, writer: asyncio.StreamWriter) -> None:
        expected = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if heard.headers.get("authorization") != expected:
            writer.write(_json(401, {"code": 20003, "message": "Authenticate", "status": 401}))
            return
        kind = heard.target.rpartition("/")[2].removesuffix(".json")
        form = parse_qsl(heard.body.decode(), keep_blank_values=True, strict_parsing=True)
        self.asked.append((kind, form))
        to = dict(form)["To"]
        sid = f"{'SM' if kind == 'Messages' else 'CA'}{len(self.asked):032x}"
        match self.mood:
            case "kind":
                writer.write(_json(201, {"sid": sid, "status": "queued", "to": to}))
            case "failed":
                writer.write(_json(201, {"sid": sid, "status": "failed"}))
            case "busy":
                writer.write(_json(429, {"code": 20429, "message": "Too many requests"}, {"retry-after": "1"}))
            case "down":
                writer.write(answer(503, b"<html>unavailable</html>"))
            case "bad-number":
                writer.write(
                    _json(400, {"code": 21211, "message": f"The 'To' number {to} is not valid", "status": 400})
                )
            case "html":
                writer.write(answer(200, b"<html>Welcome to the hotel's network</html>"))
            case "no-sid":
                writer.write(_json(201, ["sid"]))
            case "odd-sid":
                writer.write(_json(201, {"sid": f"{sid}\x00\ud800", "status": "queued"}))
            case "redirects":
                writer.write(answer(307, headers={"location": f"http://127.0.0.1:{self.port}/elsewhere"}))
            case "cut":
                writer.write(b'HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{"sid": "SM')
            case "drops":
                writer.transport.abort()
            case "hangs":
                await asyncio.Event().wait()
            case "endless":
                writer.write(b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n")
                while True:
                    writer.write(b" " * 65_536)
                    await writer.drain()


@asynccontextmanager
async def fake_twilio() -> AsyncIterator[FakeTwilio]:
    """The stand-in on loopback."""
    twilio = FakeTwilio()
    async with listening(twilio.says) as twilio.port:
        yield twilio


def sign(url: str, form: dict[str, str], token: str = TOKEN) -> str:
    """The X-Twilio-Signature of a callback."""
    text = url + "".join(f"{key}{value}" for key, value in sorted(form.items()))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _json(status: int, body: object, headers: dict[str, str] | None = None) -> bytes:
    return answer(status, json.dumps(body).encode(), {"content-type": "application/json", **(headers or {})})
