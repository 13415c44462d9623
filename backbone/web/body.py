"""A request's body: read under bounds while it streams, then parsed once, from bytes, into one frozen type.

No body is held beyond its limit, none is waited for beyond its time, none is parsed deeper than 64 levels.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from .headers import headers_of
from .pointer import pointer
from .problem import FieldError, Problem, bad_fields, not_json, together, wrong

T = TypeVar("T")

#: Bytes of a body, where a route says nothing else.
LIMIT = 256 * 1024
#: Seconds for all of a body to come in.
SECONDS = 10.0
#: Levels of JSON, arrays and objects together.
DEPTH = 64

_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
#: All digits as one and `E` as `e`: so a plain search finds the shape of a number, ten times as fast as a pattern.
_SHAPE = bytes.maketrans(b"123456789E", b"000000000e")
#: Digits from which on an exponent of two more, which has no such shape, may lead beyond what a float holds.
_LONG = b"0" * 200
#: The names of what a body's bytes are read as.
_UTF_8 = (b"utf-8", b'"utf-8"', b"utf8", b"us-ascii")

#: Where a connection puts an event into a request's ASGI scope, set while there is something to receive.
HERE = "critsit.here"


async def read_body(
    scope: Scope, receive: Receive, limit: int = LIMIT, *, seconds: float = SECONDS, json: bool = True
) -> bytes:
    """Read the body, `limit` bytes and `seconds` at most. `json` asks for the media type and a content.

    Raises Problem: 413 too large, 408 too slow, 415 another media type or encoded, 400 empty or broken off.
    """
    headers = headers_of(scope)
    coding = headers.get(b"content-encoding")
    if coding is not None and coding.strip().lower() not in (b"", b"identity"):
        raise Problem(
            415, "Encoded body", "Send the body as it is, without Content-Encoding.",
            headers={"Accept-Encoding": "identity"},
        )  # fmt: skip
    length = announced(headers)
    if length is not None and length > limit:
        raise _too_large(limit)
    if json and not _is_json(headers.get(b"content-type")):
        raise Problem(
            415, "Unsupported media type", "Send JSON in UTF-8, with Content-Type: application/json.",
            headers={"Accept": "application/json"},
        )  # fmt: skip
    here: asyncio.Event | None = scope.get(HERE)
    try:
        # What has come with the headers needs no clock.
        first = await receive() if here is not None and here.is_set() else None
        if first is not None and not first.get("more_body", False):
            body = await _all(receive, limit, first)
        else:
            async with asyncio.timeout(seconds):
                body = await _all(receive, limit, first)
    except TimeoutError:
        raise Problem(
            408, "Body too slow", f"The body has to come in within {seconds:g} seconds.",
            headers={"Connection": "close"},
        ) from None  # fmt: skip
    if json and not body:
        raise Problem(400, "No body", "The body is empty.", type="bad-json", errors=[FieldError("", "is empty")])
    return body


def announced(headers: Mapping[bytes, bytes]) -> int | None:
    """The bytes that Content-Length announces; None where it says nothing. Raises Problem 400 for what is no number."""
    sent = headers.get(b"content-length")
    if sent is None:
        return None
    digits = sent.strip()
    if not digits.isdigit() or len(digits) > 19:
        raise Problem(400, "Bad Content-Length", "Content-Length takes a number of bytes.")
    return int(digits)


async def _all(receive: Receive, limit: int, first: Message | None) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = first if first is not None else await receive()
        first = None
        if message["type"] == "http.disconnect":
            raise ClientDisconnect()
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return part if not parts else b"".join((*parts, part))
        if part:
            parts.append(part)


def _too_large(limit: int) -> Problem:
    return Problem(413, "Body too large", f"A body of {limit // 1024} KiB at most is taken here.", limit=limit)


def _is_json(media: bytes | None) -> bool:
    if media == b"application/json":
        return True
    if media is None:
        return False
    kind, *parameters = (part.strip() for part in media.lower().split(b";"))
    if kind != b"application/json" and not (kind.startswith(b"application/") and kind.endswith(b"+json")):
        return False
    charsets = [
        value.strip() for name, _, value in (one.partition(b"=") for one in parameters) if name.strip() == b"charset"
    ]
    return all(charset in _UTF_8 for charset in charsets)


def parse(adapter: TypeAdapter[T], body: bytes, *, is_all_typed: Callable[[T], bool] = lambda _: False) -> T:
    """The body as the adapter's type. `is_all_typed`: whether nothing is free-form in it, so that its types refuse all.

    Raises Problem: 400 where it is no JSON (or deeper than 64 levels), 422 with every wrong place's JSON pointer.
    """
    _refuse_depth(body)
    try:
        value: T = adapter.validator.validate_json(body)
    except ValidationError as error:
        raise together(bad_fields(error, body), _unstorable(body)) from None
    if not is_all_typed(value):
        _refuse_unstorable(body)
    return value


def check(body: bytes) -> None:
    """Refuse what no parser's type refuses: too many levels, NaN and the infinite, U+0000. For free-form bodies too."""
    _refuse_depth(body)
    _refuse_unstorable(body)


def _refuse_depth(body: bytes) -> None:
    if _is_deep(body):
        raise _deep()


def _refuse_unstorable(body: bytes) -> None:
    if faults := _unstorable(body):
        raise wrong(faults)


def _unstorable(body: bytes) -> list[FieldError]:
    return unstorable(parse_any(body)) if _is_suspect(body) else []


def is_harmless(body: bytes) -> bool:
    """Whether the bytes alone show that `unstorable` finds nothing in any part of it."""
    return not (_is_deep(body) or _is_suspect(body))


def _is_deep(body: bytes) -> bool:
    return body.count(b"[") + body.count(b"{") > DEPTH and _too_deep(body)


def _deep() -> Problem:
    return Problem(
        400, "Too deep", f"JSON of {DEPTH} levels at most is taken.", type="bad-json",
        errors=[FieldError("", f"is nested more than {DEPTH} levels deep")],
    )  # fmt: skip


def _is_suspect(body: bytes) -> bool:
    """Whether something may be in it that the parser lets through and nothing behind it can keep."""
    if b"\\u0000" in body or b"NaN" in body or b"Infinity" in body:
        return True
    shape = body.translate(_SHAPE)
    return b"e000" in shape or b"e+000" in shape or _LONG in shape


def parse_any(body: bytes) -> Any:
    """The body as plain JSON values; NaN and Infinity are no JSON. Raises Problem 400."""
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise not_json(str(error)) from None


def _too_deep(body: bytes) -> bool:
    """Count levels without recursion: each round takes away the innermost pairs, strings being out of the way."""
    left = _STRINGS.sub(b"", body).translate(None, _NOT_BRACKETS)
    for _ in range(DEPTH):
        less = left.replace(b"[]", b"").replace(b"{}", b"")
        if len(less) == len(left):
            # Nothing left, or nothing that pairs: the parser refuses that by itself, and 200 levels whatever they are.
            return False
        left = less
    return bool(left)


def unstorable(document: Any) -> list[FieldError]:
    """What in parsed JSON nothing behind it can keep. Raises Problem 400 for more than 64 levels."""
    faults: list[FieldError] = []
    todo: list[tuple[tuple[str | int, ...], Any]] = [((), document)]
    while todo:
        at, value = todo.pop()
        if len(at) >= DEPTH and isinstance(value, dict | list):
            raise _deep()
        if isinstance(value, str):
            if "\x00" in value:
                faults.append(FieldError(pointer(*at), "holds the character U+0000, which can't be stored"))
        elif isinstance(value, float):
            if value in (float("inf"), float("-inf")):
                faults.append(FieldError(pointer(*at), "is a number too large to be kept"))
        elif isinstance(value, dict):
            if any("\x00" in key for key in value):
                faults.append(FieldError(pointer(*at), "has a key with the character U+0000, which can't be stored"))
            todo += [((*at, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            todo += [((*at, index), item) for index, item in enumerate(value)]
    return faults
