"""Reads pages for those who look at them; locks nothing.

A key that is bound to contracts is never shown a page of another, nor one of the provider's own people.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from backbone.postgres.connection import Connection
from notifier.pages.incident import INCIDENT, Incident, unknown
from notifier.pages.page import Page, PageAttempt
from notifier.pages.store import ATTEMPT_COLUMNS, PAGE_COLUMNS, attempt_of, page_of

_VISIBLE = (
    "p.side = 'customer' and (p.under is null or p.under = any(cast(:contracts as text[])))"
    " and exists (select from incident i where i.id = p.incident and i.contract = any(cast(:contracts as text[])))"
)


async def newest(
    c: Connection,
    *,
    incident: str | None,
    state: str | None,
    contracts: Sequence[str] | None,
    before: UUID | None,
    limit: int,
) -> list[Page]:
    """Pages newest first, behind `before`; `incident` is an id or a number; `contracts` None is all of them."""
    where = ["true"]
    params: dict[str, Any] = {"limit": limit}
    if incident is not None:
        where.append("p.incident in (select :incident union select id from incident where number = :incident)")
        params["incident"] = incident
    if state is not None:
        where.append("p.state = :state")
        params["state"] = state
    if contracts is not None:
        where.append(_VISIBLE)
        params["contracts"] = list(contracts)
    if before is not None:
        where.append("p.id < :before")
        params["before"] = before
    rows = await c.execute(
        f"select {PAGE_COLUMNS} from page p where {' and '.join(where)} order by p.id desc limit :limit", params
    )
    return [page_of(row) for row in rows]


async def one(c: Connection, id_: UUID, contracts: Sequence[str] | None) -> Page | None:
    """One page, None where there is none, or none that may be seen."""
    rows = await c.execute(
        f"select {PAGE_COLUMNS} from page p where id = :id{'' if contracts is None else f' and {_VISIBLE}'}",
        {"id": id_} | ({} if contracts is None else {"contracts": list(contracts)}),
    )
    row = rows.first()
    return None if row is None else page_of(row)


async def attempts(c: Connection, pages: Sequence[Page]) -> dict[UUID, list[PageAttempt]]:
    """The attempts of pages, oldest first, by page."""
    found: dict[UUID, list[PageAttempt]] = {page.id: [] for page in pages}
    if found:
        rows = await c.execute(
            f"select {ATTEMPT_COLUMNS} from attempt a where page = any(cast(:p as uuid[])) order by id",
            {"p": list(found)},
        )
        for attempt in map(attempt_of, rows):
            found[attempt.page].append(attempt)
    return found


async def incident(c: Connection, id_: str) -> Incident:
    """What is known of an incident."""
    row = (await c.execute("select body::text from incident where id = :i", {"i": id_})).first()
    return unknown(id_) if row is None else INCIDENT.validate_json(row[0])


async def headline(c: Connection, page: Page) -> tuple[str, str]:
    """Number, and customer and title, of a page's incident; of one that has left the contract of the page's person only
    that it has."""
    rows = await c.execute(
        "select number, contract, body ->> 'title', body ->> 'customer' from incident where id = :i",
        {"i": page.incident},
    )
    row = rows.first()
    if row is None:
        return page.incident, ""
    number, contract, title, customer = row
    if page.under is not None and page.under != contract:
        return number, "It has turned out to be somebody else's."
    return number, f"{customer}: {title}" if customer else title
