"""`critsit tail`: every fact of all four stages, live; a line each.

A connection that breaks is made again from where it broke off: no fact is passed over, none told twice.
"""

from __future__ import annotations

import json as jsonlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, NotRequired

import typer
from typing_extensions import TypedDict

from .answers import parsed, shaped
from .client import Client, plain
from .ending import tell, unread
from .options import Json

if TYPE_CHECKING:
    from httpx2 import ServerSentEvent

Params = list[tuple[str, str | int | float | bool | None]]

#: Seconds without a sign of life, after which a connection counts as dead; the stream gives one every 15.
SILENCE = 40.0
_WAITS = (0.5, 1.0, 2.0, 5.0)


class Fact(TypedDict):
    """A fact of the stream."""

    at: str
    incident: str
    stage: str
    type: str
    summary: str
    by: NotRequired[str | None]


def tail(
    incident: Annotated[str | None, typer.Option(help="Of this incident alone.")] = None,
    type_: Annotated[
        list[str] | None, typer.Option("--type", help="Of this type alone; give it once for each.")
    ] = None,
    after: Annotated[str | None, typer.Option("--last-event-id", help="Resume behind this event.")] = None,
    once: Annotated[bool, typer.Option("--once", help="End where the connection ends.")] = False,
    json: Json = False,
) -> None:
    """Follow what happens, until Ctrl-C."""
    import httpx2

    if after:
        plain(after, "--last-event-id", "id")
    params: Params = [("incident", incident)] if incident else []
    params += [("type", one) for one in type_ or []]
    last, failures, connected = after, 0, False
    with Client() as client:
        while True:
            try:
                for event in _events(client, params, last):
                    connected, failures = True, 0
                    if event is None:
                        continue
                    last = event.id or last
                    if event.data:
                        _tell(client, event, json)
                failures += 1
            except KeyboardInterrupt:
                return
            except BrokenPipeError:
                unread()
                return
            except (httpx2.InvalidURL, UnicodeError) as error:
                client.unsendable(error)
            except httpx2.HTTPError as error:
                if not connected:
                    client.unreachable(error)
                failures += 1
            if once:
                return
            if failures == 1:
                tell("The connection has ended; it is made again.")
            try:
                time.sleep(_WAITS[min(failures, len(_WAITS)) - 1])
            except KeyboardInterrupt:
                return


def _events(client: Client, params: Params, last: str | None) -> Iterator[ServerSentEvent | None]:
    """The events of one connection; None first, once it stands."""
    import httpx2

    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
    timeout = httpx2.Timeout(10.0, read=SILENCE)
    with client.http.stream("GET", "/v1/stream", params=params, headers=headers, timeout=timeout) as answer:
        if answer.status_code >= 500 or answer.status_code == 429:
            raise httpx2.NetworkError(f"it answers {answer.status_code}")
        client.checked(answer, "text/event-stream")
        yield None
        yield from httpx2.EventSource(answer)


def _tell(client: Client, event: ServerSentEvent, json: bool) -> None:
    if event.event == "slow":
        tell("The stream cut us off, since we read too slowly.")
        return
    if event.event == "reset":
        tell("What was missed is no longer held: it goes on from now.")
        return
    try:
        fact = shaped(parsed(event.data), Fact)
    except ValueError:
        client.stranger("its stream tells something else")
    if json:
        typer.echo(jsonlib.dumps({"id": event.id, "event": event.event, **fact}, ensure_ascii=False))
    else:
        by = f" by {fact['by']}" if fact.get("by") else ""
        typer.echo(f"{fact['at']}  {fact['incident']}  {fact['stage']} {fact['type']}{by}: {fact['summary']}")
