"""Escalation by itself, on real logs: the other stages' facts stand in their own outboxes, and time is moved by hand.

What it says is read from its own log; what it promises is asked over HTTP.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import uuid_utils.compat as uuid_utils
from sqlalchemy import text

from backbone.directory.ring import DirectoryRing
from backbone.ground import Ground, Surroundings
from backbone.log.event import Lane
from backbone.process.runner import RunningStage, settle
from backbone.process.settings import Settings
from backbone.time_source import HandMoved
from backbone.web.app import web_app
from backbone.web.health import Health
from backbone.web.keys import WithAdmin
from escalation.app import build
from events.assignments import ContractVersion, IncidentRouted, Inputs
from events.codec import Fact
from events.incidents import IncidentReported, IncidentStuck
from events.notifications import Page, PageAcknowledged
from services.catalogue.parse import load
from services.contract.parse import build as build_contract
from services.decide import decide
from services.report import REPORT, Report

#: A Wednesday at ten.
START = datetime(2026, 2, 4, 10, 0, tzinfo=UTC)
ADMIN = "the-admin-key"
_CASES = Path(__file__).parent.parent / "cases"


def contract(**more: Any) -> dict[str, Any]:
    """The work order of the conformance cases."""
    case = json.loads((_CASES / "01-azure-down-base-package.json").read_text())
    return {**case["contract"], **more}


def report(impact: str = "critical_down", **more: Any) -> Report:
    """An incident about a virtual machine, unless `more` says otherwise."""
    raw = {
        "impact": impact, "title": "All VMs down", "reporter": {"name": "Aigerim", "email": "aigerim@steppe.example"},
        "contract": "WO-1", "product": "azure/virtual-machines", "channel": "portal", "portal": "azure-portal",
    }  # fmt: skip
    return REPORT.validate_python(raw | more)


@dataclass
class Watch:
    """One replica, and the pens of the three stages that it hears."""

    running: RunningStage
    ground: Ground
    time: HandMoved
    web: httpx2.AsyncClient
    work_order: dict[str, Any] = field(default_factory=contract)
    reports: dict[str, Report] = field(default_factory=dict)
    submitted: dict[str, datetime] = field(default_factory=dict)
    decisions: dict[str, int] = field(default_factory=dict)
    sequences: dict[tuple[str, str], int] = field(default_factory=dict)
    unsaid: int = 0

    async def says(
        self, source: str, subject: str, fact: Fact, *, at: datetime | None = None, urgent: bool = True
    ) -> None:
        """A stage has said something; it stands in its log, and nobody has heard it yet."""
        await self.write(source, [(subject, fact)], at=at, urgent=urgent)

    async def write(
        self, source: str, facts: Sequence[tuple[str, Fact]], *, at: datetime | None = None, urgent: bool = True
    ) -> None:
        """Many facts at once."""
        async with self.ground.engine.begin() as connection:
            for subject, fact in facts:
                sequence = self.sequences[source, subject] = self.sequences.get((source, subject), 0) + 1
                after = {s: n for (s, about), n in self.sequences.items() if about == subject and s != source}
                await connection.execute(
                    text(
                        f"insert into {source}.outbox (event_id, subject, sequence, urgent, type, payload, headers,"
                        " after, occurred_at) values (:i, :s, :q, :u, :t, cast(:p as jsonb), '{}', cast(:a as jsonb),"
                        " :o)"
                    ),
                    {
                        "i": uuid_utils.uuid7(), "s": subject, "q": sequence, "u": urgent, "t": fact.type,
                        "p": fact.to_json().decode(), "a": json.dumps(after), "o": at or self.time.now(),
                    },
                )  # fmt: skip

    async def stores(self, kind: str, id_: str, body: Any) -> None:
        """The router has stored an object of the directory."""
        subject = f"{kind}:{id_}"
        sequence = self.sequences["router", subject] = self.sequences.get(("router", subject), 0) + 1
        async with self.ground.engine.begin() as connection:
            await connection.execute(
                text(
                    "insert into router.outbox (event_id, subject, sequence, urgent, type, payload, headers, after,"
                    " occurred_at) values (:i, :s, :q, false, :t, cast(:p as jsonb), '{}', '{}', :o)"
                ),
                {
                    "i": uuid_utils.uuid7(), "s": subject, "q": sequence, "t": f"{kind}.stored",
                    "p": json.dumps({"body": body, "by": "test"}), "o": self.time.now(),
                },
            )  # fmt: skip

    def reported(self, subject: str, what: Report, submitted_at: datetime | None = None) -> IncidentReported:
        """The fact that it was reported now."""
        self.reports[subject] = what
        self.submitted[subject] = submitted_at or self.time.now()
        return IncidentReported(
            f"INC-{len(self.reports):06d}", what, self.submitted[subject], self.time.now(), "portal"
        )  # fmt: skip

    def routed(self, subject: str, *, cause: str = "incident.reported", **given: Any) -> IncidentRouted:
        """The router's decision about it now, by the real rules; `given` goes to `decide`."""
        number = self.decisions[subject] = self.decisions.get(subject, 0) + 1
        what, submitted, now = self.reports[subject], self.submitted[subject], self.time.now()
        catalogue = load(None)
        bought = build_contract(self.work_order) if what.contract else None
        decision = decide(what, bought, catalogue, submitted_at=submitted, at=now, **given)
        version = ContractVersion("WO-1", 1, "Steppe Telecom") if bought is not None else None
        inputs = Inputs(
            cause, submitted, now, given.get("clocks_from"), given.get("severity"), given.get("coverage"), what.impact,
            version, catalogue.version, "calendars", reopened_at=given.get("reopened_at"),
            set_by=given.get("set_by"),
        )  # fmt: skip
        return IncidentRouted(number, decision, inputs)

    async def happens(self, subject: str, impact: str = "critical_down", **more: Any) -> None:
        """An incident is reported and decided, and heard of."""
        what = report(impact, **more)
        urgent = impact.startswith("critical")
        await self.says("intake", subject, self.reported(subject, what), urgent=urgent)
        await self.says("router", subject, self.routed(subject), urgent=urgent)
        await self.rests()

    async def acknowledges(self, subject: str, purpose: str = "crisis-manager", at: datetime | None = None) -> None:
        """Somebody has taken a page."""
        page = Page("p-1", purpose, "provider", "cm-ana", "Ana", 1, "")
        await self.says("notifier", subject, PageAcknowledged(page, "cm-ana", at or self.time.now()))

    async def hears(self) -> None:
        """Hear what was said, and do nothing that is due."""
        for lane in (Lane.URGENT, Lane.ORDINARY):
            while any([await follower.step() for follower in self.running.followers[lane]]):
                pass

    async def works(self) -> None:
        """Do what is due, and hear nothing."""
        for lane in (Lane.URGENT, Lane.ORDINARY):
            for _ in range(100):
                next_at = await self.running.stage.works[0].step(lane)
                if next_at is None or next_at > self.time.now():
                    break

    async def rests(self) -> None:
        """Hear and work until nothing is left to do."""
        await settle([self.running])

    async def passes(self, **span: float) -> None:
        """Time passes at once."""
        self.time.passes(**span)
        await self.rests()

    async def said(self, *types: str) -> list[tuple[str, dict[str, Any]]]:
        """What it has said since the last time, of these types or all."""
        async with self.ground.transactions.reading() as connection:
            rows = await connection.execute(
                "select seq, type, payload::text from outbox where seq > :s order by seq", {"s": self.unsaid}
            )
            found = [(row[0], row[1], json.loads(row[2])) for row in rows]
        self.unsaid = found[-1][0] if found else self.unsaid
        return [(type_, payload) for _, type_, payload in found if not types or type_ in types]

    async def heard_of(self) -> list[str]:
        """What it has said since the last time, in short: `clock.met first_response`."""
        return [
            f"{type_} {data['clock']['name']}" if isinstance(data.get("clock"), dict)
            else f"{type_} {data.get('role') or data.get('about')}"
            for type_, data in await self.said()
        ]  # fmt: skip

    async def get(self, path: str, *, key: str = ADMIN, **query: str) -> Any:
        answer = await self.web.get(path, params=query, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def clocks(self, **query: str) -> list[dict[str, Any]]:
        return list((await self.get("/v1/clocks", limit="200", **query))["items"])

    async def clock(self, name: str, state: str | None = None, **query: str) -> dict[str, Any]:
        """The only clock of that name (and state)."""
        found = [c for c in await self.clocks(**query) if c["name"] == name and state in (None, c["state"])]
        assert len(found) == 1, found
        return found[0]

    async def one(self, sql: str) -> Any:
        async with self.ground.transactions.reading() as connection:
            return (await connection.execute(sql)).scalar_one()


@asynccontextmanager
async def watch(database: str, time: HandMoved | None = None, **settings: Any) -> AsyncIterator[Watch]:
    """Escalation on a migrated database of its own, or one more replica on the same."""
    time = time or HandMoved(START)
    around = Surroundings(time)
    stage, ground = build(Settings(database_url=database, **settings), around)
    running = RunningStage.of(stage, ground, lambda *words: IncidentStuck(*words))
    ring = WithAdmin(DirectoryRing(ground.directory), ADMIN)
    app = web_app("escalation", stage.routes, ring=ring, health=Health(), registry=around.registry)
    transport = httpx2.ASGITransport(app=app)
    headers = {"Authorization": f"Bearer {ADMIN}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://escalation", headers=headers) as web:
        try:
            yield Watch(running, ground, time, web)
        finally:
            await ground.close()


def minutes(count: float) -> timedelta:
    """That many minutes."""
    return timedelta(minutes=count)
