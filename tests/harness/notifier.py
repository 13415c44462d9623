"""A notifier by itself: told facts as if the other stages had said them, its people known, its time moved by hand.

What it says and what lies in its mailbox is read from its own tables and routes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MethodType
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
from events.assignments import ContractVersion, CrisisManagerAssigned, IncidentRouted, Inputs, PeopleAssigned
from events.codec import Fact
from events.escalations import Clock, ClockStarted, EscalationRaised
from events.incidents import EventDiscarded, IncidentMended, IncidentReported, IncidentStuck
from notifier.app import build
from notifier.pages.sender import Sender
from services.decision import ClockTerms, Decision
from services.report import Report, Reporter

START = datetime(2026, 2, 4, 14, 20, tzinfo=UTC)
ADMIN = "the-admin-key"


def person(id_: str, *roles: str, contacts: int = 2, zone: str = "Europe/Lisbon") -> dict[str, Any]:
    ways = [
        {"channel": "email", "address": f"{id_}@example.org"},
        {"channel": "sms", "address": "+351910000001"},
        {"channel": "voice", "address": "+351910000001"},
    ]
    return {
        "id": id_, "name": id_.title(), "roles": list(roles), "languages": ["en"], "skills": [], "time_zone": zone,
        "contacts": ways[:contacts],
    }  # fmt: skip


def rotation(role: str, *members: str) -> dict[str, Any]:
    return {
        "name": role, "role": role, "time_zone": "UTC", "members": list(members), "on_call": "all", "shift": None,
        "hours": None, "queues": None,
    }  # fmt: skip


@dataclass
class Desk:
    """One replica. `tells` gives it a fact, `rests` lets it work until nothing is due."""

    running: RunningStage
    ground: Ground
    time: HandMoved
    web: httpx2.AsyncClient
    sequences: Counter[tuple[str, str]] = field(default_factory=Counter)
    unsaid: int = 0

    @property
    def sender(self) -> Sender:
        step = self.running.stage.works[0].step
        assert isinstance(step, MethodType)
        assert isinstance(step.__self__, Sender)
        return step.__self__

    async def tells(self, source: str, subject: str, fact: Fact, *, urgent: bool = True) -> None:
        await self.running.ear.hear([self.event(source, subject, fact, urgent=urgent)])

    def event(self, source: str, subject: str, fact: Fact, *, urgent: bool = True) -> Event:
        self.sequences[source, subject] += 1
        return Event(
            source, 1, uuid_utils.uuid7(), subject, self.sequences[source, subject], urgent, fact.type,
            fact.to_json().decode(), {}, {}, self.time.now(),
        )  # fmt: skip

    async def knows(self, kind: str, body: Mapping[str, Any], id_: str | None = None) -> None:
        subject = f"{kind}:{id_ or body.get('id') or body.get('name') or body['number']}"
        self.sequences["router", subject] += 1
        payload = json.dumps({"body": body, "by": "test"})
        await self.running.ear.hear(
            [
                Event(
                    "router", 1, uuid_utils.uuid7(), subject, self.sequences["router", subject], False,
                    f"{kind}.stored", payload, {}, {}, self.time.now(),
                )
            ]
        )  # fmt: skip

    async def rests(self) -> None:
        await settle([self.running])

    async def passes(self, **span: float) -> None:
        """Time passes in steps, as it does: what is due on the way is done on the way."""
        await self.rests()
        until = self.time.now() + timedelta(**span)
        while self.time.now() < until:
            self.time.move_to(min(until, self.time.now() + timedelta(seconds=15)))
            await self.rests()

    async def mailbox(self, **query: str) -> list[dict[str, Any]]:
        return list((await self.get("/v1/mailbox", limit="200", **query))["items"])

    async def received(self) -> list[tuple[str, str]]:
        """(to, channel) of everything in the mailbox, oldest first."""
        return [(item["to"], item["channel"]) for item in reversed(await self.mailbox())]

    async def pages(self, **query: str) -> list[dict[str, Any]]:
        """Oldest first."""
        return list(reversed((await self.get("/v1/pages", limit="200", **query))["items"]))

    async def page(self, to: str) -> dict[str, Any]:
        return next(page for page in reversed(await self.pages()) if page["to"] == to)

    async def get(self, path: str, **query: str) -> Any:
        answer = await self.web.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        return await self.web.post(path, json=body, headers=headers)

    async def acknowledges(self, who: str) -> httpx2.Response:
        page = await self.page(who)
        return await self.post(f"/v1/pages/{page['id']}/acknowledgement", {"by": who})

    async def declines(self, who: str) -> httpx2.Response:
        page = await self.page(who)
        return await self.post(f"/v1/pages/{page['id']}/decline", {"by": who, "reason": "ill"})

    async def said(self) -> list[tuple[str, dict[str, Any]]]:
        """What it has said since the last time."""
        async with self.ground.transactions.reading() as connection:
            rows = await connection.execute(
                "select seq, type, payload::text from outbox where seq > :s order by seq", {"s": self.unsaid}
            )
            found = [(row[0], row[1], json.loads(row[2])) for row in rows]
        self.unsaid = found[-1][0] if found else self.unsaid
        return [(type_, payload) for _, type_, payload in found]

    async def said_types(self) -> list[str]:
        return [type_ for type_, _ in await self.said()]

    async def one(self, sql: str) -> Any:
        async with self.ground.transactions.reading() as connection:
            return (await connection.execute(sql)).scalar_one()

    async def reports(self, subject: str, *, number: str = "INC-000042", severity: str = "1") -> None:
        """An incident, reported, routed, its first clock running."""
        await self.tells("intake", subject, reported(number))
        await self.routes(subject, severity=severity)

    async def routes(self, subject: str, *, severity: str = "1") -> None:
        """It is decided on, and its first clock runs."""
        await self.tells("router", subject, routed(severity, self.time.now()))
        await self.tells("escalation", subject, ClockStarted(first_response(self.time.now()), "decided"))

    async def assigns(self, subject: str, person_: str, attempt: int = 1, *, acknowledged: bool = False) -> None:
        fact = CrisisManagerAssigned(person_, person_.title(), attempt, "least loaded", [], acknowledged)
        await self.tells("router", subject, fact)

    async def calls(
        self, subject: str, role: str, *people: str, side: str = "provider", informs: bool = False,
        rule: str | None = None,
    ) -> None:  # fmt: skip
        said = PeopleAssigned(role, side, list(people), "on call for the queue", rule, informs)
        await self.tells("router", subject, said)

    async def escalates(self, subject: str, clock: str | None = "fr-1", role: str = "duty-manager") -> None:
        name = "first_response" if clock else None
        fact = EscalationRaised(
            str(uuid_utils.uuid7()), role, 1, "first response is overdue", name, clock, "RR-TARGET", "default"
        )
        await self.tells("escalation", subject, fact)


@asynccontextmanager
async def desk(database: str, time: HandMoved | None = None, **settings: Any) -> AsyncIterator[Desk]:
    """A notifier on a migrated database of its own, or one more replica on the same."""
    time = time or HandMoved(START)
    made = Settings(database_url=database, public_url="https://critsit.example.org", **settings)
    around = Surroundings(time)
    stage, ground = build(made, around)
    running = RunningStage.of(
        stage, ground, lambda *words: IncidentStuck(*words), discarded=EventDiscarded, mended=IncidentMended
    )
    ring = WithAdmin(DirectoryRing(ground.directory), ADMIN)
    app = web_app("notifier", stage.routes, ring=ring, health=Health(), registry=around.registry)
    transport = httpx2.ASGITransport(app=app)
    headers = {"Authorization": f"Bearer {ADMIN}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://notifier", headers=headers) as web:
        await ground.directory.refresh()
        try:
            yield Desk(running, ground, time, web)
        finally:
            if stage.on_stop is not None:
                await stage.on_stop()
            await ground.close()


def reported(number: str = "INC-000042", title: str = "All VMs down") -> IncidentReported:
    report = Report(
        impact="critical_down", title=title, reporter=Reporter(name="Aigerim S.", phone="+77010000001"),
        contract="WO-1001", product="azure/virtual-machines",
    )  # fmt: skip
    return IncidentReported(number, report, START, START, "portal")


def routed(severity: str, at: datetime, number: int = 1, queue: str = "rapid-response") -> IncidentRouted:
    urgent = severity in ("1", "A")
    decision = Decision(
        severity=severity, urgent=urgent, service="rapid-response", queue=queue,
        language="en", coverage="24x7", escalates_to=(), flags=(),
        executives=("provider", "customer") if urgent else (), because=("RR-ROUTE", "RR-TARGET"),
        clocks=(_led(at),) if urgent else (),
    )  # fmt: skip
    inputs = Inputs(
        "incident.reported", START, at, None, None, None, "critical_down",
        ContractVersion("WO-1001", 1, "Steppe Telecom"), "v", "v",
    )  # fmt: skip
    return IncidentRouted(number, decision, inputs)


def _led(at: datetime) -> ClockTerms:
    due = at + timedelta(minutes=15)
    return ClockTerms(
        name="crisis_manager", side="provider", started_at=at, warn_at=due, due_at=due, target="PT15M", calendar="24x7",
        rule="BASE-CM",
    )  # fmt: skip


def first_response(at: datetime, id_: str = "fr-1") -> Clock:
    due = at + timedelta(minutes=15)
    return Clock(id_, "first_response", "provider", at, due, due - timedelta(minutes=3), "PT15M", "24x7", "RR-TARGET")
