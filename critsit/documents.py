"""What the files that a command is given hold: work orders, rosters, policies, catalogues, and every fault of them.

What a part of a file is, its shape tells; one that is none of them is a fault as well, never passed over. What is given
together belongs together: a rotation may name people of the file beside it, and no name is there twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .files import Unreadable, files_in, parsed

if TYPE_CHECKING:
    from services.faults import Fault

#: How the parts of a kind are checked: their bodies together, and the faults of each.
By = Mapping[str, Callable[[list[Any]], list[list["Fault"]]]]

_NONE = "is no work order, roster, policy or catalogue: its fields are none of theirs"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A work order, roster, policy or catalogue (its folder); with `kind` None a fault, and `body` says which.

    `at` is its place in the file. A person or a rotation by itself is a roster of one, `alone` its list."""

    kind: str | None
    body: Any
    at: str = ""
    alone: str | None = None

    def place(self, pointer: str) -> str:
        """Where in the file a pointer into the body leads."""
        return self.at + (pointer.removeprefix(f"/{self.alone}/0") if self.alone else pointer)


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in a file, or in a catalogue's folder. `kind` says what it holds, None where it is none of them."""

    file: Path
    kind: str | None
    faults: list[Fault]
    parts: list[Part]

    @property
    def ok(self) -> bool:
        """Whether nothing in it refuses; a warning does not."""
        return not any(fault.level == "fault" for fault in self.faults)

    @property
    def lines(self) -> list[str]:
        """Every fault and warning in plain words, with the file and the place that it is in."""
        return [
            f"{self.file}: "
            + (f"{fault.pointer}: " if fault.pointer else "")
            + ("warning: " if fault.level == "warning" else "")
            + fault.message
            + (f" ({fault.rule})" if fault.rule else "")
            for fault in self.faults
        ]


def check_files(paths: Iterable[Path], by: By) -> list[Checked]:
    """Every file of the paths (a folder with a catalogue.yaml counts as one file), checked together.

    A part of a kind that `by` does not have is a fault."""
    files: dict[str, Path] = {}
    for path in paths:
        for file in [path] if _is_catalogue(path) else files_in(path):
            files.setdefault(realpath(file), file)  # each once, however often it was named
    read = [(file, _parts(file)) for file in files.values()]
    faults = _faults([part for _, parts in read for part in parts], by)
    return [_checked(file, parts, faults) for file, parts in read]


def _checked(file: Path, parts: list[Part], faults: Mapping[Part, list[Fault]]) -> Checked:
    from services.faults import Fault

    kinds = {part.alone or part.kind for part in parts if part.kind}
    found = [
        Fault(part.place(fault.pointer), fault.rule, fault.level, fault.message)
        for part in parts
        for fault in faults[part]
    ]
    return Checked(file, " and ".join(sorted(kinds)) or None, found, parts)


def _faults(parts: list[Part], by: By) -> dict[Part, list[Fault]]:
    from services.faults import Fault

    found: dict[Part, list[Fault]] = {}
    for part in parts:
        if part.kind not in by:
            words = part.body if part.kind is None else f"is a {part.kind}, and no {' or '.join(by)}"
            found[part] = [Fault("", None, "fault", words)]
    for kind, check in by.items():
        if these := [part for part in parts if part.kind == kind]:
            found |= zip(these, check([part.body for part in these]), strict=True)
    return found


def _parts(file: Path) -> list[Part]:
    from services.faults import pointer

    if _is_catalogue(file):
        return [Part("catalogue", file)]
    try:
        raw = parsed(file)
    except Unreadable as error:
        return [Part(None, str(error))]
    if isinstance(raw, list) and raw:
        return [_part(item, pointer(index)) for index, item in enumerate(raw)]
    return [_part(raw)]


def _part(raw: object, at: str = "") -> Part:
    from services.roster import KEYS

    if not isinstance(raw, dict):
        return Part(None, _NONE, at)
    if isinstance(order := raw.get("contract"), dict) and "customer" not in raw:
        raw = order  # a case of a simulation, with the work order that it is decided by
    if raw.keys() & KEYS.keys():
        return Part("roster", raw, at)
    if "levels" in raw:
        return Part("policy", raw, at)
    if "members" in raw:
        return Part("roster", {"rotations": [raw]}, at, "rotations")
    if "contacts" in raw and not raw.keys() & {"number", "locations"}:
        return Part("roster", {"people": [raw]}, at, "people")
    if raw.keys() & {"number", "customer", "term", "services", "locations"}:
        return Part("work order", raw, at)
    return Part(None, _NONE, at)


def _is_catalogue(path: Path) -> bool:
    return (path / "catalogue.yaml").exists()
