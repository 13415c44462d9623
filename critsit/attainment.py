"""`critsit attainment`: what was promised and kept in a period, as it is sent to the customer at the month's end."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from typing_extensions import TypedDict

from .client import Client
from .ending import MISUSED, end
from .instants import instant_of
from .options import Json, print_json


class Breach(TypedDict):
    """A promise that was broken."""

    number: str
    due_at: str
    met_at: str | None
    rule: str | None
    reason: str | None


class Kept(TypedDict):
    """What became of a clock's promises at a severity."""

    clock: str
    severity: str | None
    met: int
    breached: int
    breaches: list[Breach]


class Attainment(TypedDict):
    """What was promised and kept."""

    items: list[Kept]


def attainment(
    contract: Annotated[str | None, typer.Option(help="Of this contract alone.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="A day (UTC) or an instant.")] = None,
    to: Annotated[str | None, typer.Option(help="A day, which counts whole, or an instant.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    json: Json = False,
) -> None:
    """Tell what was met and breached, per clock and severity; each breach with its incident and rule."""
    if csv and json:
        end(MISUSED, "Give --csv or --json, not both.")
    start, finish = instant_of(from_, "--from"), instant_of(to, "--to", end_of_day=True)
    if start and finish and datetime.fromisoformat(finish) <= datetime.fromisoformat(start):
        end(MISUSED, f"From {from_} to {to} is no period: it ends before it begins.")
    params = {"contract": contract, "from": start, "to": finish}
    sent = {name: value for name, value in params.items() if value is not None}
    with Client() as client:
        if csv:
            answer = client.ask("GET", "/v1/attainment", params=sent, headers={"Accept": "text/csv"})
            typer.echo(client.checked(answer, "text/csv").text, nl=False)
            return
        found = client.get("/v1/attainment", Attainment, **sent)
    if json:
        print_json(found)
        return
    for item in found["items"]:
        total = item["met"] + item["breached"]
        typer.echo(f"{item['clock']} at {item['severity']}: {item['met']} of {total} met, {item['breached']} breached")
        for breach in item["breaches"]:
            done = f"done {breach['met_at']}" if breach["met_at"] else "not done"
            typer.echo(f"    {breach['number']}: due {breach['due_at']}, {done} ({breach['rule']}): {breach['reason']}")
    if not found["items"]:
        typer.echo("No promise came due.")
