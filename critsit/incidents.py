"""`critsit report`, `explain` and `replay`: an incident reported, explained, and decided once more."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from typing_extensions import TypedDict

from .answers import Problem, Record
from .client import Client, plain
from .ending import NO, end, or_told
from .files import read
from .options import Json, print_json

#: As many as the interface takes in one call.
_BATCH = 1_000

Incident = Annotated[str, typer.Argument(help="The incident's number or id.")]


class Taken(TypedDict):
    """What became of one report of many."""

    incident: Record | None
    problem: Problem | None


class Batch(TypedDict):
    """What became of many reports, in their order."""

    items: list[Taken]


class Rule(TypedDict):
    """A rule with its sentence."""

    id: str
    section: str | None
    text: str


class PassedOver(TypedDict):
    """A service that a decision passed over."""

    service: str
    why: str
    rule: str | None


class Decision(TypedDict):
    """A decision in words."""

    at: str
    text: str
    passed_over: list[PassedOver]
    rules: list[Rule]


class Day(TypedDict):
    """What a clock counted of a day."""

    date: str
    open: list[list[str]]
    counted: str
    note: str | None


class CountedClock(TypedDict):
    """A clock in words."""

    name: str
    side: str
    due_at: str
    rule: str | None
    section: str | None
    text: str
    days: list[Day]


class Explanation(TypedDict):
    """Why an incident is where it is."""

    decisions: list[Decision]
    clocks: list[CountedClock]


class Replay(TypedDict):
    """Whether it would be decided alike."""

    agrees: bool
    differences: list[Any]


def report(
    file: Annotated[Path, typer.Argument(help="One report or a list of them, JSON or YAML; - is stdin.")],
    wait: Annotated[
        float, typer.Option(min=0, max=5, help="Seconds to wait for the route of one report; a list is not waited for.")
    ] = 2.0,
    idempotency_key: Annotated[str | None, typer.Option(help="The same key again reports nothing twice.")] = None,
    json: Json = False,
) -> None:
    """Report an incident, or many; exit 1 where one is refused."""
    if idempotency_key is not None:
        plain(idempotency_key, "--idempotency-key", "key")
    raw = read(file)
    if not raw:
        end(NO, f"{file} holds no report.")
    with Client() as client:
        if isinstance(raw, list):
            _report_many(client, raw, idempotency_key, json)
            return
        headers = {"Prefer": f"wait={wait:g}"} if wait else {}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        record = client.read(client.ask("POST", "/v1/incidents", json=raw, headers=headers), Record)
    with or_told(f"{record['number']} is taken."):
        if json:
            print_json(record)
        else:
            _tell(record)


def explain(incident: Incident, json: Json = False) -> None:
    """Tell why an incident is where it is, and due when it is, with the rules and the arithmetic."""
    with Client() as client:
        found = client.get(f"/v1/incidents/{quote(incident, safe='')}/explanation", Explanation)
    if json:
        print_json(found)
        return
    for decision in found["decisions"]:
        typer.echo(f"Decided {decision['at']}")
        typer.echo(f"  {decision['text']}")
        for passed in decision["passed_over"]:
            typer.echo(f"  passed over: {passed['service']}: {passed['why']} ({passed['rule']})")
        for rule in decision["rules"]:
            typer.echo(f"  {rule['id']} ({rule['section']}): {rule['text']}")
    if not found["decisions"]:
        typer.echo("Nothing is decided yet.")
    for clock in found["clocks"]:
        typer.echo(f"{clock['name']} ({clock['side']}), due {clock['due_at']} by {clock['rule']}, {clock['section']}")
        typer.echo(f"  {clock['text']}")
        for day in clock["days"]:
            typer.echo(f"  {_day(day)}")


def replay(
    incident: Incident,
    by: Annotated[str | None, typer.Option(help="Who asks; else the name of the user.")] = None,
    json: Json = False,
) -> None:
    """Decide an incident again from what its decisions were made from; exit 1 where it would come out otherwise."""
    with Client() as client:
        found = client.post(f"/v1/incidents/{quote(incident, safe='')}/replay", Replay, {"by": by or user()})
    if json:
        print_json(found)
    elif found["agrees"]:
        typer.echo("It agrees: the same would be decided.")
    else:
        for one in found["differences"]:
            typer.echo(_difference(one))
    if not found["agrees"]:
        end(NO)


def user() -> str:
    """Who runs the command, as far as the system knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "critsit"


def _report_many(client: Client, reports: list[Any], idempotency_key: str | None, json: bool) -> None:
    items: list[Taken] = []
    try:
        for start in range(0, len(reports), _BATCH):
            headers = {"Idempotency-Key": f"{idempotency_key}#{start}"} if idempotency_key else {}
            sent = reports[start : start + _BATCH]
            answer = client.ask("POST", "/v1/incidents:batch", json={"items": sent}, headers=headers)
            done = client.read(answer, Batch)["items"]
            if len(done) != len(sent):
                client.stranger(f"of {len(sent)} reports it answers {len(done)}")
            items += done
            if not json:
                with or_told(_taken(done)):
                    for number, item in enumerate(done, start):
                        _tell_one(number, item)
    finally:
        # What was reported before nothing answered any more is told all the same.
        if json:
            with or_told(_taken(items)):
                print_json({"items": items})
    if any(item["incident"] is None for item in items):
        end(NO)


def _taken(items: list[Taken]) -> str:
    numbers = [item["incident"]["number"] for item in items if item["incident"] is not None]
    return f"Of {len(items)} reports {len(numbers)} are taken: {', '.join(numbers)}."


def _tell_one(number: int, item: Taken) -> None:
    if item["incident"] is not None:
        _tell(item["incident"])
        return
    problem: Problem = item["problem"] or {"title": "it is not said why"}
    faults = "; ".join(f"{f['pointer'] or 'all of it'}: {f['message']}" for f in problem.get("errors", ()))
    typer.echo(f"/{number} is refused: {faults or problem.get('detail') or problem['title']}", err=True)


def _tell(record: Record) -> None:
    if record["severity"] is None:
        typer.echo(f"{record['number']} is taken; its route is not decided yet.")
        return
    manager = record["crisis_manager"]
    typer.echo(
        f"{record['number']}: severity {record['severity']}, {record['service']}, queue {record['queue']}"
        + (f", crisis manager {manager['name']}" if manager else "")
    )
    for clock in record["clocks"]:
        typer.echo(f"  {clock['name']} ({clock['side']}): {clock['state']}, due {clock['due_at']} ({clock['rule']})")
    if record["flags"]:
        typer.echo(f"  flags: {', '.join(record['flags'])}")


def _day(day: Day) -> str:
    windows = ", ".join("–".join(window) for window in day["open"]) or "closed"
    note = f" ({day['note']})" if day["note"] else ""
    return f"{day['date']}: {windows}, counted {day['counted']}{note}"


def _difference(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    return f"{one.get('field')}: was {one.get('was')}, would be {one.get('would_be')}"
