"""The request's id and its trace (W3C Trace Context): taken in or made, on every answer, and there for `tx.say`.

Nothing that a caller sends gets into a header, a log line or an event unless it has the shape of an id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from random import getrandbits
from types import MappingProxyType

import uuid_utils
from starlette.types import Scope

from .headers import headers_of

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?")

_current: ContextVar[Mapping[str, str]] = ContextVar("trace", default=MappingProxyType({}))


def current_trace() -> Mapping[str, str]:
    """`{"traceparent", "request_id"}` of the request in hand; empty where there is none."""
    return _current.get()


def trace_of(scope: Scope) -> Mapping[str, str]:
    """The trace to carry on for a request: its own where it sends a good one (a new span of it), else a new one."""
    headers = headers_of(scope)
    request_id = headers.get(b"x-request-id")
    sent = headers.get(b"traceparent")
    found = _TRACEPARENT.fullmatch(sent) if sent is not None else None
    random = f"{getrandbits(192):048x}"
    span = random[:16]
    if found is not None:
        # Version 00 is what we speak, whatever later one the caller does (W3C Trace Context, 4.3).
        traceparent = f"00-{found[1].decode()}-{span}-{'01' if int(found[2], 16) & 1 else '00'}"
    else:
        traceparent = f"00-{random[16:]}-{span}-01"
    if request_id is not None and _ID.fullmatch(request_id):
        return {"traceparent": traceparent, "request_id": request_id.decode()}
    return {"traceparent": traceparent, "request_id": str(uuid_utils.uuid7())}


def enter(scope: Scope) -> Mapping[str, str]:
    """Begin a request: from here on `current_trace` is its trace. Answers it."""
    trace = trace_of(scope)
    _current.set(trace)
    return trace
