"""The smallest app that has both kinds of route, one routed by FastAPI and one hot, and a server for it on loopback.

Both take the same body, so that one suite goes over both.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry
from pydantic import ConfigDict, TypeAdapter
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from backbone.web.app import WebApp, web_app
from backbone.web.body import parse, read_body
from backbone.web.connection import Bounds
from backbone.web.etag import if_match
from backbone.web.health import Health
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, NoKeys, WithAdmin, authorize, hash_of, require
from backbone.web.openapi import body_of
from backbone.web.paging import Cursor, Limit, decode_cursor
from backbone.web.serve import serve
from backbone.web.sse import EventStream, Reader

ADMIN = "the-admin-key"
VIEWER = "crk_viewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """A nested value."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What both routes take."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    title: str
    reporter: Who
    count: int = 0
    answers: dict[str, Any] = field(default_factory=dict)


THING = TypeAdapter(Thing)


class Ring(NoKeys):
    """Knows one key that may only view, and only one contract."""

    def find(self, hash: str) -> Caller | None:  # type: ignore[override]
        """The viewer."""
        return Caller("k1", "viewer", frozenset({"view"}), frozenset({"C-1"})) if hash == hash_of(VIEWER) else None


def small_app(
    *, health: Health | None = None, raises: Callable[[], Exception] | None = None, reader: Reader | None = None,
    seconds: float = 10.0, **more: Any,
) -> WebApp:  # fmt: skip
    """The app. `raises` makes what GET /v1/broken raises, `reader` is streamed at /v1/stream."""
    router = APIRouter(tags=["things"])

    @router.post("/v1/things", status_code=201)
    async def make(caller: Caller = require("report"), thing: Thing = json_body(THING, seconds=seconds)) -> Thing:
        return thing

    @router.get("/v1/things")
    async def things(caller: Annotated[Caller, require("view")], limit: Limit = 50, cursor: Cursor = None) -> Any:
        place = decode_cursor(cursor, str, int) if cursor is not None else None
        return {"limit": limit, "place": place}

    @router.get("/v1/things/{id}")
    async def thing(caller: Annotated[Caller, require("view")], id: str) -> Any:
        return {"id": id, "sees": caller.sees("C-1"), "sees_other": caller.sees("C-2")}

    @router.put("/v1/things/{id}")
    async def put(caller: Annotated[Caller, require("work", "report")], id: str, request: Request) -> Any:
        if_match(request.scope).check(7)
        return {"id": id}

    @router.get("/v1/broken")
    async def broken(caller: Annotated[Caller, require("view")]) -> None:
        raise raises() if raises is not None else RuntimeError("the inside")

    @router.get("/v1/stream")
    async def stream(caller: Annotated[Caller, require("view")]) -> Response:
        return EventStream(reader or Reader(), patience=0.5)

    async def hot(scope: Scope, receive: Receive, send: Send) -> None:
        await authorize(scope, "report")
        made = parse(THING, await read_body(scope, receive, seconds=seconds))
        await Response(THING.dump_json(made), 201, media_type="application/json")(scope, receive, send)

    def declare(schema: dict[str, Any]) -> None:
        schema["paths"]["/v1/hot"] = {
            "post": {"tags": ["things"], "x-scope": "report", "requestBody": body_of(schema, THING), "responses": {}}
        }

    return web_app(
        "small", [router], ring=WithAdmin(Ring(), ADMIN), health=health or Health(), registry=CollectorRegistry(),
        hot={("POST", "/v1/hot"): hot}, openapi_extra=declare, **more,
    )  # fmt: skip


@asynccontextmanager
async def served(app: ASGIApp, health: Health | None = None, bounds: Bounds | None = None) -> AsyncIterator[int]:
    """Serves on loopback; yields the port."""
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    task = asyncio.create_task(
        serve(app, port=0, health=health, on_ready=ready.set_result, stop=stop, signals=False, within=5, bounds=bounds)
    )
    try:
        await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        yield ready.result()
    finally:
        stop.set()
        await task


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came over the wire; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


async def say(port: int, *parts: bytes, pause: float = 0.0) -> Answer:
    """Send bytes as they are, in parts; read one whole answer, while still sending."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def send() -> None:
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
                if pause:
                    await asyncio.sleep(pause)
        except ConnectionError:
            return  # the server may have answered, and closed, before all was sent

    sending = asyncio.create_task(send())
    try:
        return await answer(reader)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.close()


async def answer(reader: asyncio.StreamReader) -> Answer:
    """Read one answer with a Content-Length."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(int(head[0].split(" ")[1]), headers, body)


#: A route of FastAPI's and a hot one.
ROUTES = ("/v1/things", "/v1/hot")
GOOD = json.dumps({"title": "All VMs down", "reporter": {"name": "Aigerim S."}}).encode()


def request(
    path: str, body: bytes | None = None, *, method: str = "POST", key: str | None = ADMIN,
    media: str | None = "application/json", **headers: str,
) -> bytes:  # fmt: skip
    """A request's bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: x"]
    if key is not None:
        lines.append(f"Authorization: Bearer {key}")
    if media is not None and body is not None:
        lines.append(f"Content-Type: {media}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body is not None and "Transfer_Encoding" not in headers:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def problem(answer: Answer) -> dict[str, object]:
    """The problem that an answer tells."""
    assert answer.headers["content-type"] == "application/problem+json", answer
    assert answer.headers["x-request-id"]
    told = json.loads(answer.body)
    assert {"type", "title", "status"} <= set(told)
    assert told["status"] == answer.status
    return dict(told)


def pointers(answer: Answer) -> list[str]:
    """The places that it names."""
    return [e["pointer"] for e in problem(answer)["errors"]]  # type: ignore[attr-defined]
