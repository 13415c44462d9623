"""Problems (RFC 9457): how a refusal, a fault or an outage is told, the same from every route.

Nothing of the inside is ever told: what nobody foresaw is a 500 with a sentence, and its trace goes to the log alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import asyncpg
import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import from_json, to_json
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backbone.postgres.engine import is_passing

from .pointer import pointer, pointer_into

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
_MOST = 100


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of what was sent: where (a JSON pointer; `/query/limit` for a parameter) and what is wrong there.

    `rule` is the contract's, where it is one's fault."""

    pointer: str
    message: str
    rule: str | None = None


class Problem(Exception):
    """A refusal. `rule` is the contract's rule that refuses; `type` a slug under `/problems/`, or a whole URI.

    Never worth the same try again, unless its headers say `Retry-After`.
    """

    def __init__(
        self,
        status: int,
        title: str | None = None,
        detail: str | None = None,
        *,
        type: str | None = None,
        errors: Iterable[FieldError] = (),
        rule: str | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail or title or HTTPStatus(status).phrase)
        self.status = status
        self.title = title or HTTPStatus(status).phrase
        self.detail = detail
        self.type = "about:blank" if type is None else type if ":" in type or "/" in type else f"/problems/{type}"
        self.errors = tuple(errors)
        self.rule = rule
        self.headers = dict(headers or {})
        self.extra = extra

    def to_dict(self) -> dict[str, Any]:
        """The members of RFC 9457, and ours where there are any."""
        body: dict[str, Any] = {"type": self.type, "title": self.title, "status": self.status}
        if self.detail is not None:
            body["detail"] = self.detail
        if self.errors:
            body["errors"] = [
                {"pointer": e.pointer, "message": e.message} | ({"rule": e.rule} if e.rule is not None else {})
                for e in self.errors[:_MOST]
            ]
        if self.rule is not None:
            body["rule"] = self.rule
        return body | self.extra

    def response(self) -> Response:
        """The answer that tells it."""
        return Response(to_json(self.to_dict()), self.status, headers=self.headers, media_type=MEDIA_TYPE)


class Unavailable(Exception):
    """What has to be there is away (the database, mostly): 503, and the same request again is right."""

    def __init__(self, why: str = "", retry_after: int = 1) -> None:
        super().__init__(why)
        self.retry_after = retry_after


#: The words for what pydantic tells in Python's.
_WORDS = {"unexpected_keyword_argument": "is not a field here", "dataclass_type": "is not an object"}


def bad_fields(error: ValidationError, body: bytes | None = None) -> Problem:
    """What pydantic refuses: 400 where it is no JSON at all, else 422 with every fault's pointer into `body`."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(item["type"] == "json_invalid" for item in found):
        return not_json(str(found[0]["msg"]).removeprefix("Invalid JSON: "))
    document = from_json(body) if body else None
    errors = []
    for item in found:
        # A list whose things are wrong is not also too short: pydantic counts only those that it took.
        if item["type"] == "too_short" and any(_is_within(other["loc"], item["loc"]) for other in found):
            continue
        missing = item["type"].startswith("missing")
        place = pointer(*item["loc"]) if body is None else pointer_into(document, item["loc"], missing=missing)
        errors.append(FieldError(place, _WORDS.get(item["type"]) or _plain(item["msg"])))
    return wrong(errors)


def _is_within(place: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(place) > len(outer) and place[: len(outer)] == outer


def wrong(errors: Iterable[FieldError]) -> Problem:
    """422: it is JSON, and these places of it are not what they have to be."""
    listed = tuple(errors)
    count = "One field is" if len(listed) == 1 else f"{len(listed)} fields are"
    return Problem(422, "Bad fields", f"{count} not what the interface asks for.", type="bad-fields", errors=listed)


def together(problem: Problem, more: Iterable[FieldError]) -> Problem:
    """A 422 with what else is wrong, a place once; a 400 stays as it is: of what can't be read nothing else is known."""
    listed = {fault.pointer: fault for fault in (*problem.errors, *more)}
    return wrong(listed.values()) if problem.status == 422 else problem


def not_json(why: str) -> Problem:
    """400: nothing that can be read as JSON."""
    return Problem(
        400, "Bad JSON", "The body is not JSON that can be read.", type="bad-json", errors=[FieldError("", why[:300])]
    )


def problem_of(error: Exception) -> Problem:
    """The problem that tells of an error. Every 503 and 500 is logged here, and told without its words."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _bad_request(error)
        case ValidationError():
            return bad_fields(error)
        case HTTPException():
            headers = dict(error.headers or {})
            detail = error.detail if error.detail != HTTPStatus(error.status_code).phrase else None
            return Problem(error.status_code, None, detail, headers=headers)
        case Unavailable():
            return _unavailable(error, error.retry_after)
        case ClientDisconnect():
            return Problem(400, "Broken off", "The connection ended before the body did.")
    if _does_not_fit(error):
        return Problem(422, "Bad value", "A value is outside what can be stored.", type="bad-fields")
    if is_passing(error):
        return _unavailable(error)
    log.error("request.failed", exc_info=error)
    return Problem(500, None, "Something went wrong here. It has been logged under the request id.")


def _unavailable(error: Exception, retry_after: int = 1) -> Problem:
    """503: not known to be done; repeat it. A line each: whoever was refused finds their request, and why."""
    log.warning("request.unavailable", error=type(error).__name__, why=str(error)[:300])
    return Problem(
        503, "Not available",
        "The database can't be reached, or takes nothing. Repeat the request with the same key or reference.",
        type="unavailable", headers={"Retry-After": str(retry_after)},
    )  # fmt: skip


def _bad_request(error: RequestValidationError) -> Problem:
    listed: dict[str, str] = {}
    for item in error.errors():
        if item["type"] == "json_invalid":
            return not_json(str(item.get("ctx", {}).get("error", item["msg"])))
        loc = item["loc"][1:] if item["loc"][:1] == ("body",) else item["loc"]
        if loc[:1] == ("query",):
            # In a parameter there are no places but its repetitions: the words that pydantic adds for unions are none.
            loc = (*loc[:2], *(part for part in loc[2:] if isinstance(part, int)))
        place, message = pointer(*loc), _plain(item["msg"])
        listed[place] = f"{listed[place]}; or: {message}" if place in listed else message
    return wrong(FieldError(place, message) for place, message in listed.items())


def _does_not_fit(error: Exception) -> bool:
    """Whether the database, or its driver, refuses a value (SQLSTATE class 22): that is bad input, never ours."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, asyncpg.DataError)
    if str(getattr(error.orig, "sqlstate", "") or "").startswith("22"):
        return True
    return isinstance(getattr(error.orig, "__cause__", None), asyncpg.DataError)


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")[:300]


async def handle_problem(request: Request, error: Exception) -> Response:
    """FastAPI's handler for every exception that it tells by itself."""
    return problem_of(error).response()


class AnswerProblems:
    """ASGI: turns what the app raises into its problem. An answer that has begun is left to whoever stands around it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception as error:
            if begun:
                raise
            await problem_of(error).response()(scope, receive, send)
