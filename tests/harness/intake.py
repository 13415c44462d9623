"""An intake by itself: reports and actions come over HTTP, the other stages' facts are told as if they had said them.

What it says is read from its own log, what became of an incident from its routes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import uuid_utils.compat as uuid_utils
from pydantic import SecretStr
from sqlalchemy import text

from backbone.directory.ring import DirectoryRing
from backbone.ground import Ground, Surroundings
from backbone.log.event import Event
from backbone.process.dead_letter_routes import dead_letter_routes
from backbone.process.runner import RunningStage, settle
from backbone.process.settings import Settings
from backbone.time_source import HandMoved
from backbone.web.app import web_app
from backbone.web.health import Health
from backbone.web.keys import WithAdmin, hash_of
from events.assignments import ContractVersion, IncidentRouted, Inputs
from events.codec import Fact
from events.escalations import Clock, ClockStarted
from events.incidents import EventDiscarded, IncidentMended, IncidentStuck
from intake.app import build, describe_accept
from services.catalogue.parse import load
from services.contract.parse import build as build_contract
from services.decide import decide
from services.report import REPORT
from tests.harness.work_orders import incident

#: A Wednesday, 09:00 in Lisbon, 14:00 in Almaty.
START = datetime(2026, 2, 4, 9, 0, tzinfo=UTC)
ADMIN = "the-admin-key"


@dataclass
class Counterpart:
    """One replica. `contracts` are the work orders that it has been told of, by number."""

    running: RunningStage
    ground: Ground
    time: HandMoved
    app: Any
    web: httpx2.AsyncClient
    contracts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    sequences: Counter[tuple[str, str]] = field(default_factory=Counter)
    unsaid: int = 0

    async def tells(self, source: str, subject: str, *facts: Fact, urgent: bool = False) -> None:
        """Another stage has said these facts about it, and they are heard in one batch."""
        await self.hears([self.event(source, subject, fact, urgent=urgent) for fact in facts])

    async def hears(self, events: Sequence[Event]) -> None:
        await self.running.ear.hear(events)

    async def follows(self) -> None:
        """Read the others' logs until there is nothing new in them."""
        await settle([self.running])

    async def logs(self, event: Event) -> Event:
        """Another stage has said it, and intake has not heard it yet: it stands in that stage's log."""
        async with self.ground.engine.begin() as connection:
            await connection.execute(
                text(
                    f"insert into {event.source}.outbox (event_id, subject, sequence, urgent, type, payload, headers, after,"
                    " occurred_at) values (:i, :s, :q, :u, :t, cast(:p as jsonb), '{}', '{}', :o)"
                ),
                {
                    "i": event.id, "s": event.subject, "q": event.sequence, "u": event.urgent, "t": event.type,
                    "p": event.payload, "o": event.occurred_at,
                },
            )  # fmt: skip
        return event

    def event(self, source: str, subject: str, fact: Fact, *, urgent: bool = False) -> Event:
        return self._event(source, subject, fact.type, fact.to_json().decode(), urgent)

    async def knows(self, kind: str, id_: str, body: Mapping[str, Any] | None) -> None:
        """The router has stored an object of the directory (None: removed it)."""
        if kind == "contract" and body is not None:
            self.contracts[id_] = body
        type_ = f"{kind}.{'stored' if body is not None else 'removed'}"
        payload = json.dumps({"body": body, "by": "test"})
        await self.hears([self._event("router", f"{kind}:{id_}", type_, payload, False)])

    async def stands_in_the_log(self, subject: str, sequence: int, body: Mapping[str, Any]) -> None:
        """The router has stored it, and intake has not heard of it yet."""
        payload = json.dumps({"body": body, "by": "test"})
        type_ = f"{subject.partition(':')[0]}.stored"
        await self.logs(
            Event("router", 1, uuid_utils.uuid7(), subject, sequence, False, type_, payload, {}, {}, self.time.now())
        )

    def _event(self, source: str, subject: str, type_: str, payload: str, urgent: bool) -> Event:
        self.sequences[source, subject] += 1
        return Event(
            source, 1, uuid_utils.uuid7(), subject, self.sequences[source, subject], urgent, type_, payload, {}, {},
            self.time.now(),
        )  # fmt: skip

    async def reports(self, **changes: Any) -> str:
        """Report an incident, everything down on Azure unless `changes` say otherwise; its id."""
        answer = await self.web.post("/v1/incidents", json=incident(**changes))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def routed(self, id_: str, *, cause: str = "incident.reported", **given: Any) -> IncidentRouted:
        """The router's decision about it as it stands, by the real rules; `given` goes to `decide`."""
        raw, submitted, told = await self.row(
            "select report::text, opened_at, said from incident where subject = :i", i=id_
        )
        what, catalogue, now = REPORT.validate_json(raw), load(None), self.time.now()
        order = self.contracts.get(what.contract or "")
        bought = build_contract(order) if order is not None else None
        decision = decide(what, bought, catalogue, submitted_at=submitted, at=now, **given)
        version = None
        if bought is not None:
            version = ContractVersion(
                bought.number, self.sequences["router", f"contract:{bought.number}"], bought.customer
            )
        inputs = Inputs(
            cause, submitted, now, given.get("clocks_from"), given.get("severity"), given.get("coverage"), what.impact,
            version, catalogue.version, "calendars", told=told, reopened_at=given.get("reopened_at"),
            set_by=given.get("set_by"),
        )  # fmt: skip
        return IncidentRouted(1, decision, inputs)

    async def routes(self, id_: str, **given: Any) -> None:
        """The router has decided on it, and intake has heard so."""
        await self.tells("router", id_, await self.routed(id_, **given))

    async def starts_clocks(self, id_: str, fact: IncidentRouted) -> None:
        """Escalation has started the decision's clocks, and intake has heard so."""
        for clock in clocks_of(fact):
            await self.tells("escalation", id_, ClockStarted(clock, fact.inputs.cause))

    async def has(self, **changes: Any) -> str:
        """An incident that is reported and routed; its id."""
        id_ = await self.reports(**changes)
        await self.routes(id_)
        return id_

    async def act(self, id_: str, action: str, body: Mapping[str, Any], **headers: str) -> httpx2.Response:
        """Post an action to it; header names with `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.web.post(f"/v1/incidents/{id_}/{action}", json=body, headers=named)

    async def get(self, path: str, **query: str) -> Any:
        answer = await self.web.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def record(self, id_: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.get(f"/v1/incidents/{id_}")
        return found

    async def timeline(self, id_: str) -> list[dict[str, Any]]:
        return list((await self.get(f"/v1/incidents/{id_}/timeline", limit="200"))["items"])

    async def said(self) -> list[tuple[str, dict[str, Any]]]:
        """(type, payload) of what it has said since the last time."""
        async with self.ground.transactions.reading() as connection:
            rows = await connection.execute(
                "select seq, type, payload::text from outbox where seq > :s order by seq", {"s": self.unsaid}
            )
            found = [tuple(row) for row in rows]
        self.unsaid = found[-1][0] if found else self.unsaid
        return [(type_, json.loads(payload)) for _, type_, payload in found]

    async def row(self, sql: str, **params: Any) -> Any:
        async with self.ground.transactions.reading() as connection:
            return (await connection.execute(sql, params)).one()

    async def rows(self, sql: str, **params: Any) -> list[Any]:
        async with self.ground.transactions.reading() as connection:
            return list(await connection.execute(sql, params))

    @asynccontextmanager
    async def with_key(
        self, *scopes: str, contracts: Sequence[str] | None = None, name: str = "portal"
    ) -> AsyncIterator[httpx2.AsyncClient]:
        """A client with a key of these scopes, bound to these contracts."""
        secret = f"crk_{uuid_utils.uuid7().hex}"
        body = {"name": name, "scopes": list(scopes), "contracts": contracts, "hash": hash_of(secret)}
        await self.knows("key", f"key-{secret[-12:]}", body)
        async with client(self.app, secret) as web:
            yield web


def client(app: Any, key: str | None) -> httpx2.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://intake", headers=headers)


@asynccontextmanager
async def intake(database: str, time: HandMoved | None = None, **settings: Any) -> AsyncIterator[Counterpart]:
    """An intake on a migrated database of its own, or one more replica on the same."""
    time = time or HandMoved(START)
    around = Surroundings(time)
    stage, ground = build(Settings(database_url=SecretStr(database), **settings), around)
    running = RunningStage.of(
        stage, ground, lambda *words: IncidentStuck(*words), discarded=EventDiscarded, mended=IncidentMended
    )
    ring = WithAdmin(DirectoryRing(ground.directory), ADMIN)
    app = web_app(
        "intake", (*stage.routes, dead_letter_routes(running)), ring=ring, health=Health(), registry=around.registry,
        hot=stage.hot, openapi_extra=describe_accept,
    )  # fmt: skip
    async with client(app, ADMIN) as web:
        try:
            yield Counterpart(running, ground, time, app, web)
        finally:
            if stage.on_stop is not None:
                await stage.on_stop()
            await ground.close()


def clocks_of(fact: IncidentRouted) -> list[Clock]:
    """The decision's clocks as escalation would start them."""
    return [
        Clock(
            f"{clock.name}-{clock.target}", clock.name, clock.side, clock.started_at, clock.due_at, clock.warn_at,
            clock.target, clock.calendar, clock.rule,
        )
        for clock in fact.decision.clocks
    ]  # fmt: skip
