"""Asks a running critsit over HTTP: CRITSIT_URL (default http://127.0.0.1:8080), CRITSIT_KEY, else CRITSIT_ADMIN_KEY.

A problem is told in plain words and ends the command: 1 where the answer is no, 2 where it was asked wrongly, 3 where
nothing answers, or something that is no critsit. The key is never printed.
"""

from __future__ import annotations

import json as jsonlib
import os
import re
import time
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from .answers import Page, Problem, T, parsed, shaped
from .ending import MISUSED, NO, UNREACHABLE, end

if TYPE_CHECKING:
    import httpx2

DEFAULT_URL = "http://127.0.0.1:8080"
#: Seconds for an answer; `Prefer: wait` takes 5 of them at most.
PATIENCE = 30.0
#: Times that what is refused with 429 or 503 is asked again, where that is safe.
AGAIN = 4
_SAFE = ("GET", "PUT", "DELETE")
#: What a refusal ends with; whatever else is refused, the answer is no. Used wrongly: without a key that may.
_ENDS = {401: MISUSED, 403: MISUSED, 429: UNREACHABLE}
#: What HTTP's headers take of a text: no blank at its ends, no control character, plain ASCII.
_PLAIN = re.compile("[!-~]([ -~]*[!-~])?")


class Unsendable(ValueError):
    """It can't be written as JSON; the words say why. Never worth a retry."""


def url() -> str:
    """Where critsit is asked."""
    return (os.environ.get("CRITSIT_URL") or DEFAULT_URL).rstrip("/")


def key() -> str | None:
    """The key to ask with, if there is one. Ends the command where it holds what no key can."""
    for name in ("CRITSIT_KEY", "CRITSIT_ADMIN_KEY"):
        if found := os.environ.get(name):
            return plain(found, name, "key")
    return None


def plain(text: str, name: str, what: str) -> str:
    """A key or an id that can be sent. Ends the command, without telling it, where it holds what none can."""
    if not text:
        end(MISUSED, f"{name} is empty.")
    if not _PLAIN.fullmatch(text):
        end(
            MISUSED,
            f"{name} holds what no {what} can: it is plain ASCII, without a control character or a blank at its ends.",
        )
    return text


class Client:
    """One conversation with a running critsit; a context manager."""

    def __init__(self, base: str | None = None, bearer: str | None = None) -> None:
        import httpx2

        self.base = base or url()
        if "@" in self.base:
            end(MISUSED, "CRITSIT_URL may hold no user and no password, and so no @: the key goes into CRITSIT_KEY.")
        bearer = plain(bearer, "The key", "key") if bearer else key()
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        try:
            self.http = httpx2.Client(base_url=self.base, headers=headers, timeout=PATIENCE, trust_env=False)
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError):
            self.no_address()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.http.close()

    def ask(self, method: str, path: str, **sent: Any) -> httpx2.Response:
        """One request, repeated where it may be and the server asks for it. Ends the command if nothing answers."""
        import httpx2

        if "json" in sent:
            sent["headers"] = {"Content-Type": "application/json"} | (sent.get("headers") or {})
            try:
                sent["content"] = written(sent.pop("json"))
            except Unsendable as error:
                end(NO, f"It {error}.")
        safe = method in _SAFE or path.endswith(":check")
        left = AGAIN if safe or "Idempotency-Key" in (sent.get("headers") or {}) else 0
        while True:
            try:
                answer = self.http.request(method, path, **sent)
            except httpx2.HTTPError as error:
                self.unreachable(error)
            except (httpx2.InvalidURL, UnicodeError) as error:
                self.unsendable(error)
            if answer.status_code not in (429, 503) or not left:
                return answer
            left -= 1
            time.sleep(_pause(answer.headers.get("Retry-After")))

    def get(self, path: str, shape: type[T], **params: Any) -> T:
        """What is at a path, of that shape. A refusal ends the command."""
        return self.read(self.ask("GET", path, params={k: v for k, v in params.items() if v is not None}), shape)

    def put(self, path: str, body: Any, shape: type[T]) -> T:
        """Put JSON there."""
        return self.read(self.ask("PUT", path, json=body), shape)

    def post(self, path: str, shape: type[T], body: Any = None, **headers: str) -> T:
        """Post JSON there; `headers` by their names with `_` for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.read(self.ask("POST", path, headers=sent, **({} if body is None else {"json": body})), shape)

    def delete(self, path: str) -> None:
        """Remove what is there."""
        self.checked(self.ask("DELETE", path), None)

    def items(self, path: str, shape: type[T], **params: Any) -> Iterator[T]:
        """Every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, Page, cursor=cursor, **params)
            for item in page["items"]:
                yield self.shaped(item, shape, path)
            cursor = page.get("next")
            if not cursor:
                return

    def read(self, answer: httpx2.Response, shape: type[T]) -> T:
        """What an answer says. Ends the command where it is a refusal, or not what critsit would say."""
        self.checked(answer)
        try:
            value = parsed(answer.content)
        except ValueError:
            self.stranger("it speaks no JSON")
        return self.shaped(value, shape, answer.request.url.path)

    def shaped(self, value: Any, shape: type[T], path: str) -> T:
        """A value that was answered at a path. Ends the command where it has another shape than critsit's."""
        try:
            return shaped(value, shape)
        except ValueError:
            self.stranger(f"what it says at {path} is something else. Or it is one of another version")

    def checked(self, answer: httpx2.Response, media_type: str | None = "application/json") -> httpx2.Response:
        """An answer that is critsit's, and no refusal; else the command ends. `media_type` None: one without a body."""
        if answer.status_code >= 400:
            self.refused(answer)
        if answer.has_redirect_location:
            end(
                UNREACHABLE,
                f"{self.base} points to {answer.headers['Location']}: CRITSIT_URL has to be where critsit is.",
            )
        if media_type is None:
            if answer.status_code != 204:
                self.stranger(f"it says {answer.status_code} where there is nothing to say")
        elif not answer.is_success or _type_of(answer) != media_type:
            self.stranger(f"it does not answer with {media_type}")
        return answer

    def refused(self, answer: httpx2.Response) -> NoReturn:
        """End the command with the words of a refusal."""
        problem = self.problem(answer)
        told = words(problem)
        if answer.status_code == 401 and not key():
            told[0] += " Set CRITSIT_KEY to a key of this critsit."
        end(code_of(answer.status_code), "\n".join(told), problem)

    def problem(self, answer: httpx2.Response) -> Problem:
        """Why critsit refuses. Ends the command where it is not critsit that does."""
        status = answer.status_code
        try:
            if _type_of(answer) == "application/problem+json":
                return shaped(parsed(answer.read()), Problem)
        except ValueError:
            pass  # it is none, whatever it calls itself
        if code_of(status) == UNREACHABLE:
            end(
                UNREACHABLE,
                f"What answers at {self.base} says {status}: critsit, or what is before it, can't serve now.",
            )
        self.stranger(f"it says {status}, and not why")

    def stranger(self, why: str) -> NoReturn:
        """End the command, since it is not critsit that answers."""
        end(UNREACHABLE, f"What answers at {self.base} is no critsit: {why}.")

    def unreachable(self, error: Exception) -> NoReturn:
        """End the command, since nothing answers."""
        import httpx2

        if isinstance(error, httpx2.UnsupportedProtocol):
            self.no_address()
        why = "took too long" if isinstance(error, httpx2.TimeoutException) else "can't be reached"
        # What we ourselves put wrongly is quoted, and the key might be in it.
        said = "" if isinstance(error, httpx2.LocalProtocolError) else str(error)
        end(UNREACHABLE, f"critsit at {self.base} {why} (CRITSIT_URL says where): {said or type(error).__name__}")

    def no_address(self) -> NoReturn:
        """End the command, since CRITSIT_URL is none."""
        end(MISUSED, f"CRITSIT_URL is {self.base!r}, which is no address: it starts with http:// or https://.")

    def unsendable(self, error: Exception) -> NoReturn:
        """End the command, since what is asked for has no way to be said in HTTP."""
        end(MISUSED, f"{self.base} can't be asked for that: {error}.")


def written(body: Any) -> bytes:
    """A body as JSON. Raises Unsendable where it holds what JSON has no way to say."""
    try:
        return jsonlib.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except UnicodeEncodeError:
        raise Unsendable("can't be sent: it holds half of a surrogate pair, which is no text") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise Unsendable(f"can't be sent as JSON: {error}") from None


def _pause(retry_after: str | None) -> float:
    """Seconds to wait before it is asked again; a date, which some proxies send, counts as one second."""
    try:
        return max(0.0, min(float(retry_after or 1), 5.0))
    except ValueError:
        return 1.0


def code_of(status: int) -> int:
    """What a refusal with this status ends a command with."""
    return UNREACHABLE if status >= 500 else _ENDS.get(status, NO)


def words(problem: Problem) -> list[str]:
    """A refusal in plain words: its detail, its rule, and every place that is wrong."""
    rule = problem.get("rule")
    first = (problem.get("detail") or problem["title"]) + (f" ({rule})" if rule else "")
    lines = [
        f"  {place['pointer'] or '/'}: {place['message']}" + (f" ({place['rule']})" if place.get("rule") else "")
        for place in problem.get("faults") or problem.get("errors") or ()
    ]
    return [f"{problem['title']}:" if lines else first, *lines]


def _type_of(answer: httpx2.Response) -> str:
    """The media type of an answer; an empty one where it says none."""
    said: str = answer.headers.get("Content-Type", "")
    return said.partition(";")[0].strip().lower()
