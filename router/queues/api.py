"""Queues over HTTP: what waits, and claims: the one that is due first, and never to two people."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, TypeAdapter

from backbone.ground import Ground
from backbone.log.tx import Tx
from backbone.web.idempotency import conflict, idempotency_key
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, require
from backbone.web.openapi import heeds
from backbone.web.paging import Cursor, Limit, bad_cursor, decode_cursor, encode_cursor, page_of
from backbone.web.problem import Problem
from services.catalogue.model import Catalogue
from services.instants import write_instant, write_instant_if
from services.report import Language, Name

from ..assignments.calls import Calls
from ..decisions import store as decisions
from ..decisions.desk import Desk
from ..repeats.store import remember, remembered
from . import store
from .store import Count, Place, Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who claims; with `languages`, only what is in one of them."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    by: Name
    languages: tuple[Language, ...] | None = None


_CLAIM = TypeAdapter(Claim)


def routes(ground: Ground, catalogue: Catalogue, calls: Calls) -> APIRouter:
    """The routes of queues. A queue's name may hold a slash (`problem-resolution/kk`), sent as it is or as `%2F`."""
    router = APIRouter(tags=["queues"])
    known = dict.fromkeys([*(service.queue for service in catalogue.services), catalogue.review.queue])
    order = {name: index for index, name in enumerate(known)}

    def place(name: str) -> tuple[int, str]:
        """The catalogue's queues in its order, then the others by name."""
        return order.get(name, len(order)), name

    def exists(name: str) -> None:
        """Whether an empty queue is one, in some language or in English; 404 otherwise: somebody waits at it for nothing."""
        if name.partition("/")[0] not in order:
            raise Problem(404, "Not found", f"There is no queue {name}.")

    @router.get("/v1/queues")
    async def list_queues(
        caller: Annotated[Caller, require("view")], limit: Limit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        """Every queue: how many incidents are open in it, how many of them wait, and when the first of these is due."""
        after = place(decode_cursor(cursor, str)[0]) if cursor else None
        async with ground.transactions.reading() as connection:
            counted = await store.counts(connection, _contracts(caller))
        names = sorted({*order, *counted}, key=place)
        page = page_of([name for name in names if after is None or place(name) > after], limit, lambda name: (name,))
        return {"items": [_counted(name, counted.get(name, store.EMPTY)) for name in page.items], "next": page.next}

    @router.get("/v1/queues/{name:path}/incidents")
    async def read_queue(
        name: str, caller: Annotated[Caller, require("view")], limit: Limit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        """The open incidents of a queue, the one that is due first first; null, and last, where nothing is owed now."""
        after = _place(cursor) if cursor else None
        async with ground.transactions.reading() as connection:
            rows = await store.waiting(connection, name, _contracts(caller), after, limit + 1)
        if not rows and after is None:
            exists(name)
        last = rows[limit - 1] if len(rows) > limit else None
        return {
            "items": [_shown(row, calls) for row in rows[:limit]],
            "next": encode_cursor(write_instant_if(last.due_at) or "", last.subject) if last is not None else None,
        }

    @router.post(
        "/v1/queues/{name:path}/claims", response_model=None, openapi_extra=heeds("Idempotency-Key"),
        responses={204: {"description": "The queue is empty."}},
    )  # fmt: skip
    async def claim(
        name: str, request: Request, caller: Annotated[Caller, require("work")],
        body: Annotated[Claim, json_body(Claim)],
    ) -> Response:  # fmt: skip
        """Own the open incident of the queue that is due first; 204 where the queue is empty.

        Again with the same `Idempotency-Key`: the incident that was claimed with it, as it is now.
        """
        languages = None if body.languages is None else [tag.split("-")[0].lower() for tag in body.languages]
        key, digest = idempotency_key(request.scope), _digest(name, body)
        await ground.directory.refresh()
        async with ground.transactions() as tx:
            known = await remembered(tx, caller.id, key) if key is not None else None
            if known is not None:
                return JSONResponse(_claimed(await _again(tx, known, digest, caller), calls))
            subject = await store.pick(tx, name, languages, _contracts(caller))
            if subject is None:
                exists(name)
                return Response(status_code=204)
            await tx.lock([subject], make=False)
            desk = (await decisions.load(tx, [subject]))[subject]
            calls.claimed(tx, desk, body.by)
            await decisions.save(tx, [desk])
            if key is not None:
                await remember(tx, caller.id, key, subject, digest)
        return JSONResponse(_claimed(desk, calls))

    return router


async def _again(tx: Tx, known: tuple[str, bytes], digest: bytes, caller: Caller) -> Desk:
    subject, before = known
    desk = (await decisions.load(tx, [subject])).get(subject)
    if desk is None or not caller.sees(desk.contract):
        raise Problem(404, "Not found", f"There is no incident {subject}.")
    if before != digest:
        raise conflict("the key was used before, for another claim", subject)
    return desk


def _digest(name: str, body: Claim) -> bytes:
    return hashlib.sha256(f"{name} ".encode() + _CLAIM.dump_json(body)).digest()


def _owner(id_: str | None, calls: Calls) -> dict[str, str] | None:
    return {"id": id_, "name": calls.name_of(id_)} if id_ is not None else None


def _claimed(desk: Desk, calls: Calls) -> dict[str, Any]:
    return {
        "incident": desk.subject, "number": desk.incident_number, "owner": _owner(desk.owner, calls),
        "due_at": write_instant_if(desk.due_at),
    }  # fmt: skip


def _counted(name: str, count: Count) -> dict[str, Any]:
    return {
        "name": name, "open": count.open, "waiting": count.waiting, "next_due_at": write_instant_if(count.next_due_at)
    }  # fmt: skip


def _shown(row: Waiting, calls: Calls) -> dict[str, Any]:
    return {
        "incident": row.subject, "number": row.number, "contract": row.contract, "severity": row.severity,
        "language": row.language, "due_at": write_instant_if(row.due_at), "opened_at": write_instant(row.opened_at),
        "owner": _owner(row.owner, calls),
    }  # fmt: skip


def _place(cursor: str) -> Place:
    """Behind which one the page begins. Raises Problem 422 for a cursor that we did not make."""
    due, subject = decode_cursor(cursor, str, str)
    try:
        return datetime.fromisoformat(due).astimezone(UTC) if due else None, subject
    except (ValueError, OverflowError):
        raise bad_cursor() from None


def _contracts(caller: Caller) -> list[str] | None:
    return sorted(caller.contracts) if caller.contracts is not None else None
