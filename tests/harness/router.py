"""A router by itself: told facts as if intake and the notifier had said them, its people and contracts stored by HTTP.

What it says is read from its own log.
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

from backbone.directory.ring import DirectoryRing
from backbone.ground import Ground, Surroundings
from backbone.log.event import Event
from backbone.process.runner import RunningStage, settle
from backbone.process.settings import Settings
from backbone.time_source import HandMoved
from backbone.web.app import web_app
from backbone.web.health import Health
from backbone.web.keys import WithAdmin
from events.codec import Fact
from events.incidents import IncidentReported, IncidentStuck
from events.notifications import Page
from router.app import build
from services.report import REPORT
from tests.harness.work_orders import incident

#: A Wednesday, 09:00 in Lisbon, 14:00 in Almaty.
START = datetime(2026, 2, 4, 9, 0, tzinfo=UTC)
ADMIN = "the-admin-key"


@dataclass
class Office:
    """One replica of the router. `tells` gives it facts in one batch; `said` is what it has answered since."""

    running: RunningStage
    ground: Ground
    time: HandMoved
    app: Any
    web: httpx2.AsyncClient
    sequences: Counter[tuple[str, str]] = field(default_factory=Counter)
    unsaid: int = 0

    async def tells(self, subject: str, *facts: Fact, source: str = "intake", urgent: bool = False) -> None:
        await self.hears([self.event(subject, fact, source=source, urgent=urgent) for fact in facts])

    async def hears(self, events: Sequence[Event]) -> None:
        await self.running.ear.hear(events)

    async def rests(self) -> None:
        await settle([self.running])

    def event(self, subject: str, fact: Fact, *, source: str = "intake", urgent: bool = False) -> Event:
        self.sequences[source, subject] += 1
        return Event(
            source, 1, uuid_utils.uuid7(), subject, self.sequences[source, subject], urgent, fact.type,
            fact.to_json().decode(), {}, {}, self.time.now(),
        )  # fmt: skip

    def reported(self, subject: str, **changes: Any) -> Event:
        """The event of a report: everything down on Azure, unless `changes` say otherwise."""
        report = REPORT.validate_python(incident(**changes))
        now = self.time.now()
        return self.event(subject, IncidentReported(f"INC-{subject}", report, now, now, "portal"))

    async def reports(self, subject: str, **changes: Any) -> None:
        await self.hears([self.reported(subject, **changes)])

    async def said(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(subject, type, payload) of what it has said since the last time, the directory apart."""
        async with self.ground.transactions.reading() as connection:
            rows = await connection.execute(
                "select seq, subject, type, payload::text from outbox where seq > :s order by seq",
                {"s": self.unsaid},
            )
            found = [tuple(row) for row in rows]
        self.unsaid = found[-1][0] if found else self.unsaid
        return [(subject, type_, json.loads(payload)) for _, subject, type_, payload in found if ":" not in subject]

    async def said_types(self) -> list[str]:
        return [type_ for _, type_, _ in await self.said()]

    async def said_of(self, type_: str) -> list[dict[str, Any]]:
        return [payload for _, found, payload in await self.said() if found == type_]

    async def one(self, sql: str, **params: Any) -> Any:
        async with self.ground.transactions.reading() as connection:
            return (await connection.execute(sql, params)).scalar_one()

    async def put(self, path: str, body: Any, **headers: str) -> httpx2.Response:
        return await self.web.put(path, json=body, headers=headers)

    async def post(self, path: str, body: Any, **headers: str) -> httpx2.Response:
        return await self.web.post(path, json=body, headers=headers)

    async def get(self, path: str, **query: str) -> Any:
        answer = await self.web.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def stores(self, contract: Mapping[str, Any]) -> None:
        answer = await self.put(f"/v1/contracts/{contract['number']}", contract)
        assert answer.status_code in (200, 201), answer.text

    async def employs(self, *people: Mapping[str, Any]) -> None:
        """Store people, each on call around the clock in a rotation of their first role."""
        members: dict[str, list[str]] = {}
        for person in people:
            assert (await self.put(f"/v1/people/{person['id']}", person)).status_code in (200, 201)
            members.setdefault(person["roles"][0], []).append(person["id"])
        for role, ids in members.items():
            answer = await self.put(f"/v1/rotations/{role}", rotation(role, *ids))
            assert answer.status_code in (200, 201), answer.text

    @asynccontextmanager
    async def with_key(self, *scopes: str, contracts: Sequence[str] | None = None) -> AsyncIterator[httpx2.AsyncClient]:
        """A client with a key of these scopes, bound to these contracts."""
        body = {"name": "-".join(scopes), "scopes": list(scopes), "contracts": contracts}
        made = (await self.post("/v1/keys", body)).json()
        async with client(self.app, made["key"]) as web:
            yield web


def client(app: Any, key: str | None) -> httpx2.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://router", headers=headers)


@asynccontextmanager
async def office(database: str, time: HandMoved | None = None, **settings: Any) -> AsyncIterator[Office]:
    """A router on a migrated database of its own, or one more replica on the same."""
    time = time or HandMoved(START)
    around = Surroundings(time)
    stage, ground = build(Settings(database_url=database, **settings), around)
    running = RunningStage.of(stage, ground, lambda *words: IncidentStuck(*words))
    ring = WithAdmin(DirectoryRing(ground.directory), ADMIN)
    app = web_app("router", stage.routes, ring=ring, health=Health(), registry=around.registry)
    async with client(app, ADMIN) as web:
        await ground.directory.refresh()
        assert stage.on_start is not None
        await stage.on_start()
        try:
            yield Office(running, ground, time, app, web)
        finally:
            await ground.close()


def person(id_: str, *roles: str, languages: Sequence[str] = ("en",), zone: str = "Europe/Lisbon") -> dict[str, Any]:
    return {
        "id": id_, "name": id_.title(), "roles": list(roles), "languages": list(languages), "skills": [],
        "time_zone": zone, "contacts": [{"channel": "email", "address": f"{id_}@example.org"}],
    }  # fmt: skip


def rotation(role: str, *members: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": role, "role": role, "time_zone": "UTC", "members": list(members), "on_call": "all", "shift": None,
        "hours": None, "queues": None,
    } | changes  # fmt: skip


def page(to: str, purpose: str = "crisis-manager") -> Page:
    return Page("page-1", purpose, "provider", to, to.title(), 3, "severity 1")
