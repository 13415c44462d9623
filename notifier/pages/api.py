"""`GET /v1/pages`, and acknowledging and declining by the API.

What a key may not see is 404 to it: a customer's key sees the pages of the customer's people.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict

from backbone.ground import Ground
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, require
from backbone.web.paging import Cursor, Limit, bad_cursor, decode_cursor, encode_cursor
from backbone.web.problem import Problem
from notifier.acknowledgement.act import Acts, NoPage, Over
from notifier.pages import queries
from notifier.pages.page import Page, State
from notifier.pages.view import shown
from services.report import Name, Text

View = Annotated[Caller, require("view")]
Work = Annotated[Caller, require("work")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Who has it: a person's id, or a name."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    by: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """Who can't, and why."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    by: Name
    reason: Text = "no reason given"


def routes(ground: Ground, acts: Acts) -> APIRouter:
    """The routes of pages."""
    router = APIRouter(tags=["pages"])

    async def seen(id_: str, caller: Caller) -> Page:
        found = uuid_of(id_)
        async with ground.transactions.reading() as connection:
            page = await queries.one(connection, found, contracts_of(caller)) if found is not None else None
        if page is None:
            raise missing()
        return page

    async def answer(page: Page, caller: Caller) -> dict[str, Any]:
        async with ground.transactions.reading() as connection:
            attempts = (await queries.attempts(connection, [page]))[page.id]
        return shown(page, attempts, to_customer=caller.bound)

    async def done(act: Awaitable[Page], caller: Caller) -> dict[str, Any]:
        try:
            return await answer(await act, caller)
        except NoPage:
            raise missing() from None
        except Over as over:
            why = "Nobody is asked by it any more." if caller.bound else str(over)
            raise Problem(409, "The page is over", why, type="page-over") from None

    @router.get("/v1/pages")
    async def list_pages(
        caller: View,
        incident: Annotated[str | None, Query(max_length=100)] = None,
        state: State | None = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        """Pages, newest first. `incident` is an id or a number."""
        async with ground.transactions.listing() as connection:
            found = await queries.newest(
                connection, incident=incident, state=state.value if state else None, contracts=contracts_of(caller),
                before=place(cursor), limit=limit + 1,
            )  # fmt: skip
            kept = found[:limit]
            attempts = await queries.attempts(connection, kept)
        following = encode_cursor(str(kept[-1].id)) if len(found) > limit else None
        return {"items": [shown(page, attempts[page.id], to_customer=caller.bound) for page in kept], "next": following}

    @router.get("/v1/pages/{id}")
    async def get_page(caller: View, id: str) -> dict[str, Any]:
        """One page."""
        return await answer(await seen(id, caller), caller)

    @router.post("/v1/pages/{id}/acknowledgement")
    async def acknowledge(caller: Work, id: str, body: Annotated[Acknowledgement, json_body(Acknowledgement)]) -> Any:
        """Somebody has it; twice is the same as once."""
        return await done(acts.acknowledge((await seen(id, caller)).id, body.by), caller)

    @router.post("/v1/pages/{id}/decline")
    async def decline(caller: Work, id: str, body: Annotated[Decline, json_body(Decline)]) -> Any:
        """They can't: the next one is paged at once."""
        return await done(acts.decline((await seen(id, caller)).id, body.by, body.reason), caller)

    return router


def contracts_of(caller: Caller) -> list[str] | None:
    """The contracts that the caller is bound to; None where it sees all."""
    return None if caller.contracts is None else sorted(caller.contracts)


def place(cursor: str | None) -> UUID | None:
    """The id behind which a list goes on."""
    if cursor is None:
        return None
    found = uuid_of(decode_cursor(cursor, str)[0])
    if found is None:
        raise bad_cursor()
    return found


def uuid_of(text: str) -> UUID | None:
    """The UUID of a text, None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def missing() -> Problem:
    """404."""
    return Problem(404, "Not found", "There is no such page.")
