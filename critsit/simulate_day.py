"""`critsit simulate --day FILE`: a day of incidents against a changed contract, calendar or roster.

Tells what would be due when, whom it would have called, and, where the file says what was done when, what would have
been breached. Nothing is stored, nobody is called.

The file: `{"contract"?: {…}, "day": [{"at", "incident", "responded_at"?, "met"?: {clock: instant}, "contract"?}, …]}`,
or the bare list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from .documents import check_files
from .ending import NO, end
from .files import read
from .options import print_json
from .simulate import answer_to

if TYPE_CHECKING:
    from services.roster import Roster

_ITEM = ("at", "incident", "responded_at", "met", "contract")


@dataclass(frozen=True, slots=True)
class Owed:
    """A clock of the day. `met_at` None: the file doesn't say that it was done; `late` is told only where it does."""

    name: str
    due_at: str
    rule: str
    met_at: str | None
    late: str | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """An incident of the day, and what would have become of it. `crisis_manager` None where no roster is given."""

    at: str
    title: str
    severity: str
    service: str
    queue: str
    flags: list[str]
    because: list[str]
    crisis_manager: str | None
    clocks: list[Owed]


def simulate_day(file: Path, contract: Path | None, people: Path | None, catalogue: Path | None, json: bool) -> None:
    """Replay the day and tell it; exit 1 where a promise would have been broken, or nobody would have been called."""
    raw = read(file)
    items, own = _items(raw, file)
    changed = read(contract) if contract is not None else None
    calls = _Calls(_roster(people)) if people is not None else None
    day = [_replay(item, changed, own, calls, catalogue, f"{file}: /day/{n}") for n, item in enumerate(items)]
    breached = [(one, clock) for one in day for clock in one.clocks if clock.late is not None]
    uncalled = [one for one in day if one.crisis_manager == NOBODY]
    if json:
        print_json(
            {
                "day": [asdict(one) for one in day],
                "breached": [{"at": one.at, "title": one.title, **asdict(clock)} for one, clock in breached],
            }
        )
    else:
        for one in day:
            _tell(one)
        words = "1 promise" if len(breached) == 1 else f"{len(breached)} promises"
        typer.echo(f"{len(day)} incidents; {words} would have been broken.")
    if breached or uncalled:
        end(NO)


NOBODY = "nobody on call"


def _items(raw: object, file: Path) -> tuple[list[Mapping[str, Any]], dict[str, Any]]:
    own = {"contract": raw["contract"]} if isinstance(raw, Mapping) and "contract" in raw else {}
    items = raw.get("day", raw.get("incidents")) if isinstance(raw, Mapping) else raw
    if not isinstance(items, list):
        end(NO, f"{file} is no day: a list of {{at, incident, responded_at?, met?}}, or an object with day.")
    for number, item in enumerate(items):
        if not isinstance(item, Mapping) or "incident" not in item or "at" not in item:
            end(NO, f"{file}: /day/{number}: needs at and incident.")
        if strange := [name for name in item if name not in _ITEM]:
            end(NO, f"{file}: /day/{number}/{strange[0]}: is not a field here.")
    return items, own


def _replay(
    item: Mapping[str, Any], changed: object, own: dict[str, Any], calls: _Calls | None, catalogue: Path | None,
    where: str,
) -> Replayed:  # fmt: skip
    body = {"incident": item["incident"], "at": item["at"], **own}
    if "contract" in item:
        body["contract"] = item["contract"]
    if changed is not None:
        body["contract"] = _in_place_of(changed, body)
    answer = answer_to(body, catalogue)
    met = {**({"first_response": item["responded_at"]} if item.get("responded_at") else {}), **(item.get("met") or {})}
    clocks = [_owed(clock, met.get(clock["name"]), where) for clock in answer["clocks"]]
    incident = item["incident"]
    return Replayed(
        at=str(item["at"]),
        title=str(incident.get("title", "")),
        crisis_manager=calls.called(answer, str(item["at"])) if calls is not None else None,
        clocks=clocks,
        **{name: answer[name] for name in ("severity", "service", "queue", "flags", "because")},
    )


def _in_place_of(changed: object, body: Mapping[str, Any]) -> object:
    """The changed work order, for an incident of its number or of none; another's incident keeps its own."""
    number = changed.get("number") if isinstance(changed, Mapping) else None
    named = body["incident"].get("contract") if isinstance(body["incident"], Mapping) else None
    return changed if named in (None, number) else body.get("contract")


def _owed(clock: Mapping[str, Any], met_at: object, where: str) -> Owed:
    late = None
    if met_at is not None:
        from services.roster.wire import instant

        try:
            over = instant(met_at) - instant(clock["due_at"])
        except ValueError as error:
            end(NO, f"{where}: {clock['name']}: {error}.")
        late = _length(over) if over > timedelta() else None
    return Owed(clock["name"], clock["due_at"], clock["rule"], None if met_at is None else str(met_at), late)


class _Calls:
    """Who would be called, one incident after the other: whoever was called has one more in hand."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.calls: dict[str, list[datetime]] = {}

    def called(self, answer: Mapping[str, Any], at: str) -> str | None:
        """Who would be the crisis manager, if the decision promises one."""
        if not any(clock["name"] == "crisis_manager" for clock in answer["clocks"]):
            return None
        from services.assign import Assignment, Load, assign

        moment = datetime.fromisoformat(at)
        load = {person: Load(len(calls), calls[-1]) for person, calls in self.calls.items()}
        found = assign(answer["language"], self.roster, load, moment, queue=answer["queue"])
        if not isinstance(found, Assignment):
            return NOBODY
        self.calls.setdefault(found.person.id, []).append(moment)
        return found.person.id


def _roster(folder: Path) -> Roster:
    from services.roster import KEYS, check_together, parse

    found = check_files([folder], {"roster": check_together})
    if not all(one.ok for one in found):
        end(NO, "\n".join(line for one in found for line in one.lines))
    rosters = [part.body for one in found for part in one.parts]
    return parse({kind: [item for roster in rosters for item in roster.get(kind) or []] for kind in KEYS})


def _length(span: timedelta) -> str:
    from services.durations import write_duration

    return write_duration(span)


def _tell(one: Replayed) -> None:
    typer.echo(f"{one.at}  {one.title}: severity {one.severity}, {one.service}, queue {one.queue}")
    if one.crisis_manager is not None:
        typer.echo(f"    crisis manager: {one.crisis_manager}")
    for clock in one.clocks:
        done = f", done {clock.met_at}" if clock.met_at else ""
        broken = f": BROKEN by {clock.late}" if clock.late else ""
        typer.echo(f"    {clock.name} due {clock.due_at} ({clock.rule}){done}{broken}")
    if one.flags:
        typer.echo(f"    flags: {', '.join(one.flags)}")
