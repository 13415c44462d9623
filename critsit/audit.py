"""`critsit audit`: who changed what, and whether what was sealed is still what it was."""

from __future__ import annotations

from typing import Annotated

import typer
from typing_extensions import TypedDict

from .client import Client
from .ending import MISUSED, NO, end
from .options import Json, print_json


class SealedDay(TypedDict):
    """A day that was sealed, read again."""

    day: str
    facts: int
    objects: int
    ok: bool
    why: str | None


class Audit(TypedDict):
    """Every sealed day."""

    ok: bool
    items: list[SealedDay]


class Changed(TypedDict):
    """A place that was changed."""

    pointer: str


class Change(TypedDict):
    """A change of the directory."""

    at: str
    kind: str
    id: str
    by: str
    version: int
    removed: bool
    what: list[Changed]


KINDS = ("contract", "person", "rotation", "override", "key", "catalogue")


def verify(json: Json = False) -> None:
    """Read every sealed day again; ends with 1 where one is not what it was."""
    with Client() as client:
        found = client.get("/v1/audit", Audit)
    if json:
        print_json(found)
    for day in () if json else found["items"]:
        told = "as it was sealed" if day["ok"] else f"NOT as it was sealed: {day['why']}"
        typer.echo(f"{day['day']}: {day['facts']} facts, {day['objects']} changes, {told}")
    if not json and not found["items"]:
        typer.echo("No day is sealed yet: that is done ten minutes after midnight, UTC.")
    if not found["ok"]:
        end(NO, "" if json else "The record was changed after it was sealed.")


def changes(
    kind: Annotated[str | None, typer.Option(help="contract, person, rotation, override, key or catalogue.")] = None,
    id: Annotated[str | None, typer.Option(help="The object's id.")] = None,
    json: Json = False,
) -> None:
    """List who changed which contract, person, rotation or key, when, and what of it; the latest first."""
    if kind is not None and kind not in KINDS:
        end(MISUSED, f"There is no kind {kind}: {', '.join(KINDS)}.")
    asked = {name: value for name, value in (("kind", kind), ("id", id)) if value is not None}
    with Client() as client:
        found = list(client.items("/v1/changes", Change, **asked))
    if json:
        print_json({"items": found})
        return
    for one in found:
        places = ", ".join(place["pointer"] or "all of it" for place in one["what"])
        what = "removed" if one["removed"] else f"version {one['version']}" + (f": {places}" if places else "")
        typer.echo(f"{one['at']}  {one['kind']} {one['id']} by {one['by']}, {what}")
    if not found:
        typer.echo("No such change was made.")
