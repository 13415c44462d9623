"""Asks a running critsit over HTTP: CRITSIT_URL (default http://127.0.0.1:8080), CRITSIT_KEY, else CRITSIT_ADMIN_KEY.

A problem is told in plain words and ends the command: 1 where the answer is no, 2 where it was asked wrongly, 3 where
nothing answers. The key is never printed.
"""

from __future__ import annotations

import json as jsonlib
import os
import re
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from .ending import MISUSED, NO, UNREACHABLE, end

if TYPE_CHECKING:
    import httpx2

DEFAULT_URL = "http://127.0.0.1:8080"
#: Seconds for an answer; `Prefer: wait` takes 5 of them at most.
PATIENCE = 30.0
#: Times that what is refused with 429 or 503 is asked again, where that is safe.
AGAIN = 4
_SAFE = ("GET", "PUT", "DELETE")
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

    def get(self, path: str, **params: Any) -> Any:
        """What is at a path, as JSON. A refusal ends the command."""
        return self.json(self.ask("GET", path, params={k: v for k, v in params.items() if v is not None}))

    def put(self, path: str, body: Any) -> Any:
        """Put JSON there."""
        return self.json(self.ask("PUT", path, json=body))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Post JSON there; `headers` by their names with `_` for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.json(self.ask("POST", path, headers=sent, **({} if body is None else {"json": body})))

    def items(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, cursor=cursor, **params)
            if not isinstance(page, dict) or "items" not in page:
                end(UNREACHABLE, f"What answers at {self.base} is no critsit: there is no list at {path}.")
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def json(self, answer: httpx2.Response) -> Any:
        """The JSON of an answer; a refusal ends the command with its words."""
        if answer.status_code >= 400:
            refused(answer)
        if answer.is_redirect:
            end(
                UNREACHABLE,
                f"{self.base} points to {answer.headers['Location']}: CRITSIT_URL has to be where critsit is.",
            )
        if answer.status_code == 204 or not answer.content:
            return None
        try:
            return answer.json()
        except ValueError:
            end(UNREACHABLE, f"What answers at {self.base} is no critsit: it speaks no JSON.")

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


def words(answer: httpx2.Response) -> list[str]:
    """A refusal in plain words: its detail, its rule, and every place that is wrong."""
    problem = problem_of(answer)
    first = str(problem.get("detail") or problem.get("title") or f"It answers {answer.status_code}.")
    if rule := problem.get("rule"):
        first += f" ({rule})"
    if answer.status_code == 401 and not key():
        first += " Set CRITSIT_KEY to a key of this critsit."
    faults = problem.get("faults") or problem.get("errors") or []
    lines = [
        f"  {fault.get('pointer') or '/'}: {fault.get('message')}"
        + (f" ({fault['rule']})" if fault.get("rule") else "")
        for fault in faults
    ]
    return [f"{problem.get('title')}:" if lines else first, *lines]


def problem_of(answer: httpx2.Response) -> Mapping[str, Any]:
    """The problem+json of a refusal; an empty one where it is none."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def refused(answer: httpx2.Response) -> NoReturn:
    """End the command with the words of a refusal. Without a key, or with one that may not, it was used wrongly."""
    codes = {401: MISUSED, 403: MISUSED} | dict.fromkeys((429, 502, 503, 504), UNREACHABLE)
    end(codes.get(answer.status_code, NO), "\n".join(words(answer)), problem_of(answer))
