"""`critsit contracts load` and `critsit people load`: files into a running critsit.

Each file is one object, or a roster of many; what is refused is told with its file, and hurts no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from .client import Client, words
from .ending import NO, end
from .files import Unreadable, files_in, parsed
from .options import Json, print_json

Folder = Annotated[Path, typer.Argument(help="A folder of YAML or JSON files, or one file.")]

#: The lists of a roster's file, and the field that names an item. People come before the rotations that name them.
ROSTER = (("people", "id"), ("rotations", "name"), ("overrides", "id"))


@dataclass(frozen=True, slots=True)
class Item:
    """One object to be put: its file, its path on the server, and its body."""

    file: Path
    path: str
    body: Any


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one: `new`, `kept` (it was there before), or refused with `words`."""

    item: Item
    status: int
    words: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it is stored now."""
        return self.status < 400


def contracts_load(folder: Folder, json: Json = False) -> None:
    """Store every work order of a folder."""
    _load(contract_items(folder), json)


def people_load(folder: Folder, json: Json = False) -> None:
    """Store the people, rotations and overrides of a folder."""
    _load(people_items(folder), json)


def contract_items(folder: Path) -> list[Item]:
    """The work orders of a folder."""
    return [_named(file, "/v1/contracts", "number", raw) for file, raw in _documents(folder)]


def policy_items(folder: Path) -> list[Item]:
    """The policies of a folder."""
    return [_named(file, "/v1/policies", "name", raw) for file, raw in _documents(folder)]


def people_items(folder: Path) -> list[Item]:
    """The people, rotations and overrides of a folder, in the order in which they can be stored."""
    found: dict[str, list[Item]] = {kind: [] for kind, _ in ROSTER}
    for file, raw in _documents(folder):
        if not isinstance(raw, dict) or not any(kind in raw for kind, _ in ROSTER):
            end(NO, f"{file} is no roster: it has neither people, rotations nor overrides.")
        for kind, name in ROSTER:
            listed = raw.get(kind) or []
            if not isinstance(listed, list):
                end(NO, f"{file}: {kind} is no list.")
            for item in listed:
                if kind == "overrides" and isinstance(item, dict) and "id" not in item:
                    item = {"id": "-".join(str(item.get(part)) for part in ("rotation", "person", "from")), **item}
                found[kind].append(_named(file, f"/v1/{kind}", name, item))
    return [item for kind, _ in ROSTER for item in found[kind]]


def put_all(client: Client, items: list[Item]) -> Iterator[Loaded]:
    """Put every item, each when it is asked for; one that is refused hurts no other."""
    for item in items:
        answer = client.ask("PUT", item.path, json=item.body)
        if answer.status_code < 400 or answer.status_code in (401, 403, 502, 503, 504):
            client.json(answer)
        yield Loaded(item, answer.status_code, tuple(words(answer)) if answer.status_code >= 400 else ())


def _load(items: list[Item], json: bool) -> None:
    done: list[Loaded] = []
    try:
        with Client() as client:
            for one in put_all(client, items):
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


def _documents(folder: Path) -> Iterator[tuple[Path, Any]]:
    for file in files_in(folder):
        try:
            raw = parsed(file)
        except Unreadable as error:
            end(NO, f"{file}: {error}.")
        if isinstance(raw, list):
            yield from ((file, item) for item in raw)
        else:
            yield file, raw


def _named(file: Path, path: str, field: str, raw: Any) -> Item:
    name = raw.get(field) if isinstance(raw, dict) else None
    if not isinstance(name, str) or not name:
        end(NO, f"{file}: something for {path} has no {field}.")
    return Item(file, f"{path}/{quote(name, safe='')}", raw)
