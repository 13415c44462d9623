"""`critsit simulate FILE`: what an incident would be owed, and whether that is what was expected.

The decision is the router's own; with the contract in the file nothing is asked of anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typing_extensions import TypedDict

from .answers import Instant
from .ending import MISUSED, NO, end
from .files import catalogue_at, read
from .instants import instant_of
from .options import CataloguePath, Json, print_json


class Promise(TypedDict):
    """A clock of a simulation."""

    name: str
    side: str
    due_at: Instant
    target: str | None
    calendar: str | None
    rule: str | None


class Simulation(TypedDict):
    """What would be decided."""

    severity: str
    service: str
    queue: str
    language: str
    coverage: str
    escalates_to: list[str]
    executives: list[str]
    flags: list[str]
    because: list[str]
    clocks: list[Promise]
    explanation: list[str]


_ASKED = ("incident", "at", "contract")


def simulate(
    file: Annotated[
        Path | None,
        typer.Argument(help="A simulation, a case or a report; with --day a changed work order."),
    ] = None,
    at: Annotated[str | None, typer.Option(help="The instant of submission (RFC 3339), over the file's.")] = None,
    expect: Annotated[Path | None, typer.Option(help="What is expected; a case's own file serves.")] = None,
    contract: Annotated[Path | None, typer.Option(help="The work order to decide by, over the file's.")] = None,
    day: Annotated[Path | None, typer.Option(help="A day of incidents, decided by the work order.")] = None,
    people: Annotated[Path | None, typer.Option(help="With --day: the roster; who would have been called.")] = None,
    catalogue: CataloguePath = None,
    json: Json = False,
) -> None:
    """Tell what would be decided, due and flagged. Exit 1 on a difference; with --day, where a promise would break."""
    if day is not None:
        if at is not None or expect is not None:
            end(MISUSED, "--at and --expect are for one incident; a day has its own instants.")
        from .simulate_day import simulate_day

        simulate_day(day, contract or file, people, catalogue, json)
        return
    if file is None:
        end(MISUSED, "Name a FILE with the incident, or --day FILE.")
    if people is not None:
        end(MISUSED, "--people belongs to --day: an incident's decision asks no roster.")
    moment = instant_of(at, "--at")
    body = asked(read(file), file)
    if moment is not None:
        body["at"] = moment
    if contract is not None:
        body["contract"] = read(contract)
    wanted = _expected(read(expect), expect) if expect is not None else None
    answer = answer_to(body, catalogue)
    differences = _differences(wanted, answer, expect) if wanted is not None else []
    if json:
        told = {"agrees": not differences, "differences": differences} if wanted is not None else {}
        print_json({**answer, **told})
    else:
        _tell(answer)
        for line in differences:
            typer.echo(f"differs: {line}")
        if wanted is not None and not differences:
            typer.echo("as expected")
    if differences:
        end(NO)


def asked(raw: object, file: Path) -> dict[str, Any]:
    """What a file asks: `{"incident", "at"?, "contract"?}`, a case of that shape, or a bare report."""
    if not isinstance(raw, Mapping):
        end(NO, f"{file} is no simulation: an object with incident, and at and contract where you like.")
    if "incident" in raw:
        return {name: raw[name] for name in _ASKED if name in raw}
    return {"incident": dict(raw)}


def answer_to(body: Mapping[str, Any], catalogue: Path | None) -> dict[str, Any]:
    """The decision, made here where the body says its contract (or null), else by the critsit that stores it."""
    incident = body.get("incident")
    names_one = isinstance(incident, Mapping) and incident.get("contract") is not None
    if "contract" not in body and names_one and catalogue is None:
        from .client import Client

        with Client() as client:
            return {**client.post("/v1/simulations", Simulation, body)}
    from services.simulate import SimulationFaults
    from services.simulate import simulate as decide

    try:
        return decide(body, catalogue_at(catalogue), lambda number: None, now=datetime.now(UTC))
    except SimulationFaults as error:
        lines = [
            f"{fault.pointer or '/'}: {fault.message}" + (f" ({fault.rule})" if fault.rule else "")
            for fault in error.faults
        ]
        end(NO, "\n".join(lines), {"errors": [asdict(fault) for fault in error.faults]})


def _expected(raw: object, file: Path) -> Mapping[str, Any]:
    found = raw.get("expect", raw) if isinstance(raw, Mapping) else None
    if not isinstance(found, Mapping) or not found:
        end(MISUSED, f"{file} expects nothing: an object with severity, service, queue, clocks, flags …")
    return found


def _differences(wanted: Mapping[str, Any], answer: Mapping[str, Any], file: Path | None) -> list[str]:
    from services.simulate import differences

    try:
        return differences(wanted, answer)
    except (TypeError, ValueError, AttributeError) as error:
        end(MISUSED, f"{file} can't be compared: {error}. clocks maps names to instants, flags is a list.")


def _tell(answer: Mapping[str, Any]) -> None:
    typer.echo(
        f"severity {answer['severity']}, service {answer['service']}, queue {answer['queue']},"
        f" language {answer['language']}, coverage {answer['coverage']}"
    )
    for clock in answer["clocks"]:
        typer.echo(
            f"  {clock['name']} ({clock['side']}): due {clock['due_at']}, {clock['target']} on {clock['calendar']}"
            f" ({clock['rule']})"
        )
    for name in ("escalates_to", "executives", "flags", "because"):
        if answer[name]:
            typer.echo(f"{name.replace('_', ' ')}: {', '.join(answer[name])}")
    for sentence in answer["explanation"]:
        typer.echo(f"- {sentence}")
