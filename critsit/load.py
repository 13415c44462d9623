"""`critsit contracts load` and `critsit people load`: files into a running critsit.

All of them are checked as `critsit check` does it before any is stored: where one has a fault, nothing is. What critsit
itself refuses after that is told with its file, and hurts no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote

import typer
from typing_extensions import TypedDict

from .answers import Identified, Object
from .check import to_json
from .client import Client, Unsendable, code_of, words, written
from .documents import Checked, Part, check_files
from .ending import NO, end, tell
from .options import Json, print_json

if TYPE_CHECKING:
    import httpx2

    from services.faults import Fault

Folder = Annotated[Path, typer.Argument(help="A folder of YAML or JSON files, or one file.")]


class Rotation(TypedDict):
    """A rotation."""

    name: str


class Finding(TypedDict):
    """What the check of a work order found."""

    pointer: str
    rule: str | None
    level: Literal["fault", "warning"]
    message: str


class Findings(TypedDict):
    """All that it found."""

    faults: list[Finding]


#: What is stored before what names it.
_KINDS = ("people", "rotations", "overrides", "policies", "contracts")


@dataclass(frozen=True, slots=True)
class Item:
    """One object to be put: its file, its kind and its name on the server, and its body."""

    file: Path
    kind: str
    name: str
    body: Any

    @property
    def path(self) -> str:
        """Where it is put."""
        return f"/v1/{self.kind}/{quote(self.name, safe='')}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one: stored, or refused with `words`."""

    item: Item
    ok: bool
    words: tuple[str, ...] = ()


def contracts_load(folder: Folder, json: Json = False) -> None:
    """Store every work order of a folder. All are checked first: where one has a fault, nothing is stored."""
    with Client() as client:
        _load(client, check_files([folder], {"work order": lambda bodies: check_orders(client, bodies)}), json)


def people_load(folder: Folder, json: Json = False) -> None:
    """Store the people, rotations and overrides of a folder. All are checked first, together with the people and
    rotations that critsit has already: where one has a fault, nothing is stored."""
    with Client() as client:
        _load(client, check_files([folder], {"roster": lambda bodies: _check_rosters(client, bodies)}), json)


def check_orders(client: Client, bodies: list[Any]) -> list[list[Fault]]:
    """The faults of work orders by the catalogue of the critsit that is to store them.

    A number twice is the later one's fault: what is stored last would silently replace what was stored before."""
    return [[*_check_order(client, body), *twice] for body, twice in zip(bodies, _twice(bodies), strict=True)]


def items_of(found: list[Checked]) -> list[Item]:
    """The objects of what was checked and is sound, in the order in which they can be stored."""
    items = [item for one in found for part in one.parts for item in _items(one.file, part)]
    return sorted(items, key=lambda item: _KINDS.index(item.kind))


def put_all(client: Client, items: list[Item]) -> Iterator[Loaded]:
    """Put every item, each when it is asked for; one that is refused hurts no other."""
    for item in items:
        answer = client.ask("PUT", item.path, json=item.body)
        refused = _refusal(client, answer)
        if not refused:
            client.read(answer, Object)
        yield Loaded(item, not refused, refused)


def _load(client: Client, found: list[Checked], json: bool) -> None:
    lines = [line for one in found for line in one.lines]
    if not all(one.ok for one in found):
        end(NO, "\n".join(lines), {"files": [to_json(one) for one in found]})
    for warning in lines:
        tell(warning)
    done: list[Loaded] = []
    try:
        for one in put_all(client, items_of(found)):
            done.append(one)
            if not json:
                typer.echo(f"{one.item.path}: {'stored' if one.ok else 'refused'}")
                for line in one.words:
                    typer.echo(f"{one.item.file}: {line}", err=True)
    finally:
        # What was stored before nothing answered any more is told all the same.
        if json:
            print_json([{"file": str(d.item.file), "path": d.item.path, "ok": d.ok, "words": d.words} for d in done])
    if not all(one.ok for one in done):
        end(NO)


def _check_rosters(client: Client, bodies: list[Any]) -> list[list[Fault]]:
    from services.roster import check_together

    people, rotations = client.items("/v1/people", Identified), client.items("/v1/rotations", Rotation)
    return check_together(bodies, (one["id"] for one in people), (one["name"] for one in rotations))


def _twice(bodies: list[Any]) -> Iterator[list[Fault]]:
    from services.faults import Fault

    seen: set[str] = set()
    for body in bodies:
        number = body.get("number")
        known = isinstance(number, str) and number in seen
        yield [Fault("/number", None, "fault", f"the work order {number!r} is there twice")] if known else []
        seen |= {number} if isinstance(number, str) else set()


def _check_order(client: Client, body: Any) -> list[Fault]:
    from services.faults import Fault

    try:
        written(body)
    except Unsendable as error:
        return [Fault("", None, "fault", str(error))]
    answer = client.ask("POST", "/v1/contracts:check", json=body)
    if refused := _refusal(client, answer):
        return [Fault("", None, "fault", " ".join(refused))]
    found = client.read(answer, Findings)["faults"]
    return [Fault(one["pointer"], one["rule"], one["level"], one["message"]) for one in found]


def _refusal(client: Client, answer: httpx2.Response) -> tuple[str, ...]:
    """The words of a refusal, none where it is none. Ends the command where it is not the object that is refused."""
    if answer.status_code < 400:
        return ()
    if code_of(answer.status_code) != NO:
        client.refused(answer)
    return tuple(words(client.problem(answer)))


def _items(file: Path, part: Part) -> Iterator[Item]:
    from services.roster import KEYS, name_of

    if part.kind == "work order":
        yield Item(file, "contracts", part.body["number"], part.body)
    elif part.kind == "policy":
        yield Item(file, "policies", part.body["name"], part.body)
    else:
        for kind in KEYS:
            for one in part.body.get(kind) or []:
                name = name_of(kind, one)
                assert name is not None, "it is sound"
                yield Item(file, kind, name, one)
