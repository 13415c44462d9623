"""The routes of the actions: one shape for all. Lock, judge, say, answer; an `Idempotency-Key` makes a repeat harmless."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter
from pydantic_core import to_json

from backbone.ground import Ground
from backbone.log.tx import Tx
from backbone.web.etag import etag, if_match
from backbone.web.idempotency import as_compared, conflict, idempotency_key
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, ScopeName, require
from backbone.web.openapi import heeds
from backbone.web.prefer import wait_of
from backbone.web.problem import Problem
from events.codec import Fact
from events.incidents import IncidentCorrected
from services.instants import write_instant
from services.refused import Refused

from ..board.waiting import Waiting
from ..incidents.api import Incidents
from ..record import store as records
from ..record.clocks_shown import shows_its_clocks
from ..record.record import Record
from . import store
from .rules import Action, Scene, judge
from .saying import Saying
from .store import Used
from .table import ACTIONS

#: A closed incident's reference is remembered for so long (api.md).
REFERENCE_KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Actions:
    """Carries the actions out."""

    ground: Ground
    incidents: Incidents
    waiting: Waiting
    saying: Saying

    async def act(self, request: Request, id_: str, action: Action, body: Any, caller: Caller) -> Record:
        """Judge and record one action. Raises Problem 404, 409, 412."""
        shown = await self.incidents.find(id_, caller)
        key, digest = idempotency_key(request.scope), _digest(action, body, shown.id)
        async with self.ground.transactions() as tx:
            if not await tx.lock([shown.id]):
                raise Problem(404, "Not found", f"There is no incident {id_}.")
            record = (await records.load(tx, [shown.id]))[shown.id]
            if not caller.sees(record.contract):
                raise Problem(404, "Not found", f"There is no incident {id_}.")
            used = await self._was_done(tx, caller, key, shown.id, digest) if key is not None else None
            scene = await self.saying.scene(record, tx.now, connection=tx.connection)
            if used is None:
                if_match(request.scope).check(record.version)
                await self._do(tx, scene, action, body, caller)
                used = Used(record.id, digest, _stands(action, record))
                if key is not None and not await store.remember(tx, caller.id, key, used):
                    # Somebody used the key for another incident while this one waited to: that is a conflict now.
                    await self._was_done(tx, caller, key, record.id, digest)
        self.waiting.told([record.id])
        return await self._followed(request, action, body, scene, caller, used.stood)

    async def _do(self, tx: Tx, scene: Scene, action: Action, body: Any, caller: Caller) -> None:
        record = scene.record
        before, said = record.state, judge(action, scene, body)
        if isinstance(said, Refused):
            raise refusal(said)
        _stays_in_sight(said, caller)
        self.saying.say(tx, record, said, scene.catalogue)
        await records.save(tx, [record])
        if record.state != before:
            forget_at = tx.now + REFERENCE_KEPT if record.state == "closed" else None
            await records.forget_reference(tx, record.id, forget_at)

    async def _was_done(self, tx: Tx, caller: Caller, key: str, id_: str, digest: bytes) -> Used | None:
        known = await store.remembered(tx, caller.id, key)
        if known is not None and (known.incident, known.digest) != (id_, digest):
            raise conflict("the key was used before, with another body", known.incident)
        return known

    async def _followed(
        self, request: Request, action: Action, body: Any, scene: Scene, caller: Caller, stood: bytes
    ) -> Record:
        """The record; with `Prefer: wait`, once it shows what the other stages made of the action, or one has refused it.

        Where nothing will follow, at once; where it belongs to another customer by then, as the action left it. `stood` is
        what it showed when the action had been taken, which for a repeat was before.
        """
        record, seconds = scene.record, wait_of(request.scope)
        if not seconds or not stood or not (record.view.get("held") or action.awaits(scene, body)):
            return record

        def enough(now: Record) -> bool:
            return _stands(action, now) != stood and (not action.decides or shows_its_clocks(now, record))

        async def read() -> Record:
            async with self.ground.transactions.reading() as connection:
                found = await records.find(connection, record.id)
            return found or record

        followed = await self.waiting.until(record.id, read, enough, seconds)
        return followed if followed is not None and caller.sees(followed.contract) else record


def _stands(action: Action, record: Record) -> bytes:
    """What the record shows of what follows the action, as a digest; empty where nothing follows it.

    What is decided anew is never refused: another's refusal is no answer to it.
    """
    held, refused = record.view.get("held"), None if action.decides else record.view.get("refused")
    if held:
        shown: Any = {"held": held}
    elif action.shows is not None:
        shown = [action.shows(record), refused]
    else:
        return b""
    return hashlib.sha256(to_json(as_compared(shown))).digest()


def refusal(refused: Refused) -> Problem:
    """The 409 of what is not granted: its rule where one speaks, why, what can be done, and when it can be asked."""
    more: dict[str, Any] = {"next_open": write_instant(refused.next_open)} if refused.next_open is not None else {}
    title = "Not provided for" if refused.rule is not None else "Not in this state"
    return Problem(409, title, refused.reason, rule=refused.rule, **more)


def _stays_in_sight(said: Sequence[Fact], caller: Caller) -> None:
    """A bound key moves nothing to a contract that it does not see. Raises Problem 404, as where it reports."""
    for fact in said:
        if isinstance(fact, IncidentCorrected) and not caller.sees(fact.report.contract):
            where = f"no contract {fact.report.contract}" if fact.report.contract else "no incident without a contract"
            raise Problem(404, "Not found", f"This key knows {where}.")


def _digest(action: Action, body: Any, id_: str) -> bytes:
    said = TypeAdapter(action.body).dump_python(body, mode="json")
    text = to_json({name: as_compared(value) for name, value in said.items()})
    return hashlib.sha256(f"{action.path} {id_} ".encode() + text).digest()


def routes(actions: Actions) -> APIRouter:
    """One route an action."""
    router = APIRouter(tags=["actions"])
    for action in ACTIONS:
        _add(router, actions, action)
    return router


def _add(router: APIRouter, actions: Actions, action: Action) -> None:
    scopes: tuple[ScopeName, ...] = ("work", "report") if action.for_customers else ("work",)

    async def act(id: str, request: Request, response: Response, caller: Caller, body: Any) -> dict[str, Any]:
        record = await actions.act(request, id, action, body, caller)
        response.headers["ETag"] = etag(record.version)
        return record.to_json(caller)

    # The scope and the body's shape are the action's: FastAPI reads them from here.
    act.__annotations__["caller"] = Annotated[Caller, require(*scopes)]
    act.__annotations__["body"] = Annotated[Any, json_body(action.body)]
    act.__doc__ = (action.body.__doc__ or "").strip()
    router.add_api_route(
        f"/v1/incidents/{{id}}/{action.path}", act, methods=["POST"], name=action.path, operation_id=action.path,
        openapi_extra=heeds("Idempotency-Key", "If-Match", "Prefer"),
    )  # fmt: skip
