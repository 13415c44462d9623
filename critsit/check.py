"""`critsit check FILE…`: contracts, rosters, policies and catalogues, all faults at once; needs no running critsit.

What a file is, its shape tells; a file that is none of them is a fault as well, never passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .ending import NO, end
from .files import Unreadable, catalogue_at, files_in, parsed
from .options import CataloguePath, Json, print_json

if TYPE_CHECKING:
    from services.faults import Fault
    from services.roster import Roster

_ROSTER = ("people", "rotations", "overrides")


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in one file. `kind`: work order, roster, policy, catalogue, or None where it is none of them."""

    file: str
    kind: str | None
    faults: list[Fault]

    @property
    def ok(self) -> bool:
        """Whether nothing in it refuses; a warning does not."""
        return not any(fault.level == "fault" for fault in self.faults)


def check(
    files: Annotated[list[Path], typer.Argument(help="Files or folders; a folder with a catalogue.yaml is one.")],
    catalogue: CataloguePath = None,
    json: Json = False,
) -> None:
    """Check work orders, rosters, policies and catalogues: all faults, exit 1 where there is one."""
    found = [
        checked for path in files for checked in (_catalogue(path) if _is_catalogue(path) else _all(path, catalogue))
    ]
    if json:
        print_json({"ok": all(one.ok for one in found), "files": [_to_json(one) for one in found]})
    else:
        for one in found:
            _tell(one)
    if not all(one.ok for one in found):
        end(NO)


def check_value(raw: object, catalogue: Path | None, known: Roster | None = None) -> tuple[str | None, list[Fault]]:
    """What a value is by its shape, and every fault of it. `known`: the people of the files beside it."""
    from services.contract.check import check as check_contract
    from services.faults import Fault, pointer
    from services.roster import Roster
    from services.roster import check as check_roster

    if isinstance(raw, list) and raw:
        found = [check_value(item, catalogue, known) for item in raw]
        kinds = {kind for kind, _ in found}
        faults = [
            Fault(pointer(index) + fault.pointer, fault.rule, fault.level, fault.message)
            for index, (_, faults) in enumerate(found)
            for fault in faults
        ]
        return " and ".join(sorted(kind for kind in kinds if kind)) or None, faults
    if isinstance(raw, dict):
        if isinstance(raw.get("contract"), dict) and "customer" not in raw:
            return check_value(raw["contract"], catalogue)
        if any(name in raw for name in _ROSTER):
            return "roster", check_roster(raw, known or Roster())
        if "levels" in raw:
            from escalation.policies.policy import check as check_policy

            return "policy", check_policy(raw, catalogue_at(catalogue))
        if "members" in raw or ("contacts" in raw and "number" not in raw and "locations" not in raw):
            under = "rotations" if "members" in raw else "people"
            return under, _without(f"/{under}/0", check_roster({under: [raw]}, known or Roster()))
        if raw.keys() & {"number", "customer", "term", "services", "locations"}:
            return "work order", check_contract(raw, catalogue_at(catalogue).work_order)
    words = "is no work order, roster, policy or catalogue: its fields are none of theirs"
    return None, [Fault("", None, "fault", words)]


def _all(path: Path, catalogue: Path | None) -> list[Checked]:
    """The files of a folder together, since a rotation may name people of the file beside it."""
    from services.faults import Fault

    found: list[tuple[Path, object | Unreadable]] = []
    for file in files_in(path):
        try:
            found.append((file, parsed(file)))
        except Unreadable as error:
            found.append((file, error))
    known = _people([raw for _, raw in found if isinstance(raw, dict)])
    checked = []
    for file, raw in found:
        if isinstance(raw, Unreadable):
            checked.append(Checked(str(file), None, [Fault("", None, "fault", str(raw))]))
        else:
            checked.append(Checked(str(file), *check_value(raw, catalogue, known)))
    return checked


def _people(files: list[dict[str, Any]]) -> Roster | None:
    """Everybody that any of the files has, as far as it can be read."""
    if sum(1 for raw in files if any(name in raw for name in _ROSTER)) < 2:
        return None
    from services.roster import Roster, RosterFaults, parse_person, parse_rotation

    people, rotations = [], []
    for raw in files:
        for item in _items(raw, "people"):
            try:
                people.append(parse_person(item))
            except RosterFaults:
                continue  # told where its own file is checked
        for item in _items(raw, "rotations"):
            try:
                rotations.append(parse_rotation(item))
            except RosterFaults:
                continue
    return Roster(tuple(people), tuple(rotations), ())


def _items(raw: Mapping[str, Any], name: str) -> list[Any]:
    items = raw.get(name)
    return items if isinstance(items, list) else []


def _is_catalogue(path: Path) -> bool:
    return (path / "catalogue.yaml").exists()


def _catalogue(folder: Path) -> list[Checked]:
    from services.catalogue.parse import CatalogueFaults, load
    from services.faults import Fault

    try:
        load(folder)
    except CatalogueFaults as error:
        return [Checked(str(folder), "catalogue", error.faults)]
    except OSError as error:
        words = f"{error.filename} can't be read: {error.strerror}"
        return [Checked(str(folder), "catalogue", [Fault("", None, "fault", words)])]
    return [Checked(str(folder), "catalogue", [])]


def _without(prefix: str, faults: list[Fault]) -> list[Fault]:
    from services.faults import Fault

    return [Fault(f.pointer.removeprefix(prefix), f.rule, f.level, f.message) for f in faults]


def _to_json(one: Checked) -> dict[str, Any]:
    return {"file": one.file, "kind": one.kind, "ok": one.ok, "faults": [asdict(fault) for fault in one.faults]}


def _tell(one: Checked) -> None:
    if not one.faults:
        typer.echo(f"{one.file}: {one.kind}, no faults")
    for fault in one.faults:
        rule = f" ({fault.rule})" if fault.rule else ""
        level = "warning: " if fault.level == "warning" else ""
        typer.echo(f"{one.file}: {fault.pointer or '/'}: {level}{fault.message}{rule}")
