"""Logs: JSON lines, one event each, ours and the libraries' alike; phone numbers and mail addresses are redacted.

No secret and no address of a person leaves the process in a log line, whoever wrote it.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from pydantic_core import to_json

from backbone.web.request_id import current_trace

_MAIL = re.compile(r"[^\s@<>\"'(),:;\[\]{}=]+@[^\s@<>\"'(),:;\[\]{}=]+")
_PHONE = re.compile(r"(?<![\w+])\+[1-9](?:[ ().-]{0,2}[0-9]){6,14}(?![0-9])")
_KEY = re.compile(r"\bcrk_[A-Za-z0-9_-]{20,}")
_PASSWORD = re.compile(r"(?<=://)[^\s/:@]*:[^\s/@]+(?=@)")
_SECRET_FIELDS = frozenset({"authorization", "password", "secret", "token", "admin_key", "api_key"})
_LONGEST = 4_000


def redact(text: str) -> str:
    """The text with phone numbers, mail addresses, keys and passwords in URLs taken out; 4,000 characters at most."""
    if "@" in text:
        text = _MAIL.sub("[mail]", _PASSWORD.sub("[password]", text))
    if "+" in text:
        text = _PHONE.sub("[phone]", text)
    if "crk_" in text:
        text = _KEY.sub("[key]", text)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def redact_values(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """structlog's processor: redacts every value, however deep; the names of fields are ours."""
    return {key: "[secret]" if key in _SECRET_FIELDS else _redacted(value, 4) for key, value in event.items()}


def _redacted(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return redact(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth == 0:
        return redact(str(value))
    if isinstance(value, Mapping):
        return {
            redact(str(k)): "[secret]" if str(k).lower() in _SECRET_FIELDS else _redacted(v, depth - 1)
            for k, v in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(item, depth - 1) for item in value]
    return redact(str(value))


def _traced(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    trace = current_trace()
    if trace:
        event.setdefault("request_id", trace["request_id"])
        event.setdefault("traceparent", trace["traceparent"])
    return event


def _line(event: Any, **_: Any) -> str:
    # Bytes that are no UTF-8, lone surrogates, things that are no JSON: a log line is never the reason for a failure.
    try:
        return to_json(event, fallback=str, inf_nan_mode="strings").decode()
    except ValueError:
        return to_json({str(k): repr(v) for k, v in event.items()}).decode()


def _words(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    """A line for a person who sits before it: the time of day, how grave, what, and the fields."""
    at, level, name = (str(event.pop(field, "")) for field in ("at", "level", "event"))
    event.pop("logger", None)
    trace = event.pop("exception", None)
    line = " ".join([at[11:19], level, name, *(f"{key}={value}" for key, value in event.items())])
    return f"{line}\n{trace}" if trace else line


def configure_logging(level: str = "info", stream: TextIO | None = None, *, plain: bool = False) -> None:
    """Send all logs of the process, structlog's and the standard library's, to `stream` (stderr) as JSON lines.

    `plain`: in words, for a terminal.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _traced,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact_values,
            _words if plain else structlog.processors.JSONRenderer(serializer=_line),
        ],
    )
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # What each request was is counted by route; a line a request would drown what matters.
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    for name in ("alembic", "uvicorn", "aiokafka", "sqlalchemy", "httpx2", "httpcore2", "asyncio"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
