"""`critsit calendar LOCATION`: what is open, day by day, with the holidays and the changes of the clock.

The very calendar that deadlines count on; a location without a contract has none.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .ending import MISUSED, NO, end
from .files import catalogue_at, read
from .instants import day_of
from .options import CataloguePath, Json, print_json

if TYPE_CHECKING:
    from services.contract.model import Contract

#: Days that are printed at most: a little more than ten years.
_MOST = 4_000


def calendar(
    location: Annotated[str, typer.Argument(help="The location's id.")],
    from_: Annotated[str | None, typer.Option("--from", help="The first day; else today.")] = None,
    to: Annotated[str | None, typer.Option(help="The last day; else 13 days later.")] = None,
    contract: Annotated[str | None, typer.Option(help="The number of the stored contract.")] = None,
    file: Annotated[Path | None, typer.Option(help="The work order's file, instead of a stored one.")] = None,
    catalogue: CataloguePath = None,
    json: Json = False,
) -> None:
    """Print what is open at a location, day by day."""
    from services.calendar import VERSION, days, of_location
    from services.calendar.local_time import instant

    if contract is not None and file is not None:
        end(MISUSED, "Give --contract or --file, not both.")
    pages = catalogue_at(catalogue)
    order = _order(read(file) if file is not None else _stored(contract, location), catalogue)
    place = order.location(location)
    if place is None:
        end(NO, f"{order.number} has no location {location}: {', '.join(one.id for one in order.locations)}.")
    hours = of_location(place, pages.business_hours)
    first = day_of(from_, "--from") if from_ else datetime.now(UTC).astimezone(hours.zone).date()
    last = day_of(to, "--to") if to else first + timedelta(days=13)
    if last < first or (last - first).days >= _MOST:
        end(MISUSED, f"From {first} to {last} are no days that can be printed: 1 to {_MOST}.")
    start = instant(datetime(first.year, first.month, first.day), hours.zone)
    finish = instant(datetime(last.year, last.month, last.day, 23, 59, 59), hours.zone)
    found = days(hours, start, finish, most=_MOST)
    if json:
        print_json(
            {
                "contract": order.number, "location": place.id, "country": place.country, "region": place.region,
                "time_zone": place.time_zone, "calendar_version": VERSION,
                "days": [
                    {"date": day.date.isoformat(), "open": [list(w) for w in day.open], "note": day.note}
                    for day in found
                ],
            }
        )  # fmt: skip
        return
    region = f"-{place.region}" if place.region else ""
    typer.echo(f"{place.id} ({place.country}{region}), {place.time_zone}, by {order.number}")
    for day in found:
        windows = ", ".join(f"{opens}–{closes}" for opens, closes in day.open)
        words = "  ".join(part for part in (windows, day.note) if part)
        typer.echo(f"{day.date:%a} {day.date}  {words or 'closed'}")


def _order(raw: object, catalogue: Path | None) -> Contract:
    from services.contract.parse import ContractFaults, parse

    inner: Any = raw["contract"] if isinstance(raw, dict) and isinstance(raw.get("contract"), dict) else raw
    try:
        return parse(inner, catalogue_at(catalogue).work_order)
    except ContractFaults as error:
        end(NO, f"The work order has faults: {error}")


def _stored(number: str | None, location: str) -> object:
    """The stored contract of that number, or the only one that has such a location."""
    from urllib.parse import quote

    from .answers import Contract
    from .client import Client

    with Client() as client:
        if number is not None:
            return client.get(f"/v1/contracts/{quote(number, safe='')}", Contract)
        found = [
            order
            for order in client.items("/v1/contracts", Contract)
            if any(place["id"] == location for place in order["locations"])
        ]
    if len(found) == 1:
        return found[0]
    if not found:
        end(NO, f"No contract has a location {location}.")
    end(
        MISUSED,
        f"Several contracts have a location {location}: say --contract {' or '.join(o['number'] for o in found)}.",
    )
