"""A walk: what can happen to incidents and around them, one thing after the other, as a seed has it.

Each step is taken through the real interface; what is refused is part of the walk, what fails is not.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.harness.work_orders import incident
from tests.harness.world import World

PEOPLE = {
    "ana": "crisis-manager", "bo": "crisis-manager", "eng": "engineer", "eva": "engineer", "dan": "duty-manager",
    "dee": "duty-manager", "sam": "delivery-manager", "ex": "executive", "ops": "cloud-operations", "pt": "product-team",
}  # fmt: skip
LIVE = ("waiting", "sending", "sent", "delivered")
_IMPACTS = ("critical_down", "critical_degraded", "moderate", "minimal")
_QUEUES = ("problem-resolution", "rapid-response", "entitlement-review")
_MINUTES = (0.5, 1, 1, 2, 4, 4, 5, 10, 12, 15, 30, 60, 61)
_LAUNCH = {
    "id": "launch", "name": "Launch", "starts_at": "2026-04-03T10:00:00Z", "ends_at": "2026-04-05T10:00:00Z",
    "confirmed_at": "2026-01-02T00:00:00Z", "products": ["azure/*"], "solution": "shop", "form": "launch-2026",
}  # fmt: skip
_ORDERS: tuple[dict[str, Any], ...] = (
    {"services": ["base"]},
    {"services": ["base", "rapid-response"]},
    {"services": ["base", "rapid-response", "event-management"], "events": [_LAUNCH]},
    {
        "services": ["base", "mission-critical", "support-management-hours"], "balances": {"rsm_hours": 2, "onsite_visits": 1},
        "solutions": [{"id": "core", "products": ["azure/sql"], "exhibit": {"first_response": {"1": "PT5M", "A": "PT10M"}}}],
        "management_hours": {"time_zone": "Europe/Lisbon"},
    },
    {"services": ["base"], "term": {"from": "2026-01-01", "to": "2026-02-10"}},
)  # fmt: skip
_CORRECTIONS: tuple[dict[str, Any], ...] = (
    {"contract": None}, {"contract": "WO-1"}, {"contract": "WO-2"}, {"contract": "WO-9"}, {"product": "azure/sql"},
    {"location": "riyadh"}, {"location": "nowhere"}, {"language": "kk"}, {"kind": "advisory"}, {"kind": "problem"},
    {"solution": "core"}, {"channel": "phone", "portal": None},
)  # fmt: skip
_REPORTS: tuple[dict[str, Any], ...] = (
    {"contract": None}, {"contract": "WO-9"}, {"channel": "phone", "portal": None}, {"reporter": {"name": "Who"}},
    {"location": "nowhere"}, {"location": "lisbon"}, {"language": "kk"}, {"product": "azure/sql"}, {"kind": "advisory"},
    {"product": "github/x", "portal": "github"}, {"kind": "hotfix", "product": "sql-server"}, {"prerelease": True},
    {"requested_severity": "B"}, {"form": {"id": "launch-2026", "answers": {}}},
)  # fmt: skip


@dataclass
class Walk:
    """`cases` are the ids of what was reported, `done` what was done so far, in words."""

    world: World
    rng: random.Random
    cases: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    async def begins(self) -> None:
        """Everybody is there, and the customer has signed, and another one whose people have the same ids."""
        for id_, role in PEOPLE.items():
            await self.world.employs(id_, role, *(("email", "sms") if id_ in ("ana", "dan") else ("email",)))
        await self.world.signs(**self.rng.choice(_ORDERS))
        await self.world.signs(number="WO-2", customer="Other")
        await self._reports()

    async def goes_on(self) -> None:
        """One step; then the loops, some of them before others."""
        kinds: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (34, self._acts), (8, self._acknowledges), (6, self._declines), (7, self._reports), (3, self._claims),
            (2, self._signs), (4, self._is_on_call), (3, self._falls_silent), (30, self._passes), (3, self._jumps),
        ]  # fmt: skip
        step = self.rng.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]
        await step()
        for _ in range(self.rng.randrange(6)):
            running = self.rng.choice(self.world.process.running)
            if self.rng.random() < 0.5:
                await self.rng.choice([one for both in running.followers.values() for one in both]).step()
            elif running.stage.works:
                work = self.rng.choice(running.stage.works)
                await work.step(self.rng.choice(work.lanes))
        await self.world.rests()

    def says(self, *words: object) -> None:
        """Note what is done, for whoever has to understand it."""
        self.done.append(" ".join(map(str, (f"{self.world.time.now():%m-%d %H:%M:%S}", *words))))

    async def _posts(self, path: str, body: Any) -> int:
        answer = await self.world.web.post(path, json=body)
        self.says(answer.status_code, path, body)
        assert answer.status_code in (200, 201, 404, 409), answer.text
        if answer.status_code == 201:
            self.cases.append(answer.json()["id"])
        return int(answer.status_code)

    async def _reports(self) -> None:
        changes: dict[str, Any] = {"impact": self.rng.choice((*_IMPACTS, *_IMPACTS[:2]))}
        for some in self.rng.choices(_REPORTS, k=self.rng.choice((0, 0, 1, 2))):
            changes |= some
        if self.rng.random() < 0.1:
            submitted: datetime = self.world.time.now() - timedelta(seconds=self.rng.choice((20, 3000)))
            changes["submitted_at"] = submitted.isoformat()
        await self._posts("/v1/incidents", incident(**changes))

    async def _acts(self) -> None:
        rng, case = self.rng, self.rng.choice(self.cases)
        who, by = rng.choice(list(PEOPLE)), rng.choice([*PEOPLE, "aigerim", "Nobody Known"])
        to = rng.choice(("case-owner", "change-control", "resources"))
        changed = {"impact": rng.choice(_IMPACTS), "reason": "it changed"}
        assessed = {"severity": rng.choice(("1", "A", "B", "C")), "reason": "so it is"}
        acts: list[tuple[str, dict[str, Any]]] = [
            ("responses", {"message": "We look at it."}),
            ("updates", {"status": "still", "action_plan": rng.choice((None, "more"))}),
            ("questions", {"text": "what?", "to": to}), ("questions", {"text": "what?", "to": to}),
            ("customer-replies", {"text": "that"}),
            ("severity-changes", changed), ("severity-changes", changed),
            ("severity-assessments", assessed), ("severity-assessments", assessed),
            ("corrections", {"reason": "wrong", "changes": rng.choice(_CORRECTIONS)}),
            ("owner", {"person": rng.choice((None, who))}),
            ("executive-notifications", {"side": rng.choice(("provider", "customer")), "reason": "as required"}),
            ("onsite-consents", {}), ("management-requests", {"reason": "slow"}), ("rca-requests", {"reason": "why"}),
            ("downgrade-decisions", {"decision": rng.choice(("accept", "reject")), "reason": "so"}),
            ("effort", {"minutes": rng.choice((10, 100, 300))}), ("crisis-manager", {"person": who}),
            ("resolution", {"note": "fixed"}), ("closure", {"note": "done"}),
            ("reopening", {"note": "again"}), ("reopening", {"note": "again"}),
        ]  # fmt: skip
        for _ in range(rng.choice((1, 1, 1, 3))):
            path, body = rng.choice(acts)
            told = {name: value for name, value in body.items() if value is not None or name == "person"}
            await self._posts(f"/v1/incidents/{case}/{path}", {"by": by} | told)

    async def _page(self) -> dict[str, Any] | None:
        pages = (await self.world.gets("/v1/pages", limit="200"))["items"]
        live = [page for page in pages if page["state"] in LIVE]
        return self.rng.choice(live) if live else None

    async def _acknowledges(self) -> None:
        if (page := await self._page()) is not None:
            await self._posts(f"/v1/pages/{page['id']}/acknowledgement", {"by": page["to"]})

    async def _declines(self) -> None:
        if (page := await self._page()) is not None:
            await self._posts(f"/v1/pages/{page['id']}/decline", {"by": page["to"], "reason": "in a train"})

    async def _claims(self) -> None:
        queue, by = self.rng.choice(_QUEUES), self.rng.choice(list(PEOPLE))
        answer = await self.world.web.post(f"/v1/queues/{queue}/claims", json={"by": by, "languages": ["en", "kk"]})
        self.says(answer.status_code, by, "claims of", queue)
        assert answer.status_code in (200, 204, 404, 409), answer.text

    async def _signs(self) -> None:
        order = self.rng.choice(_ORDERS)
        self.says("signs", order)
        await self.world.signs(**order)

    async def _is_on_call(self) -> None:
        who = self.rng.choice(list(PEOPLE))
        # Of the duty managers one stays: who is paged where there is nobody is another story.
        hours = {} if who == "dan" or self.rng.random() < 0.6 else {"hours": {"mon": [["08:00", "09:00"]]}}
        self.says(who, "is on call", hours or "always")
        await self.world.rota(f"{PEOPLE[who]}-{who}", PEOPLE[who], who, **hours)

    async def _falls_silent(self) -> None:
        stage, minutes = self.rng.choice(("router", "escalation", "notifier")), self.rng.choice((0, 1, 3, 10, 40))
        self.says(stage, "is silent for", minutes)
        self.world.silence(stage)
        await self.world.rests()
        self.world.time.passes(minutes=minutes)
        await self.world.rests()
        self.world.speaks(stage)

    async def _passes(self) -> None:
        minutes = self.rng.choice(_MINUTES)
        self.says("passes", minutes)
        await self.world.passes(minutes=minutes)

    async def _jumps(self) -> None:
        hours = self.rng.choice((1, 5, 14, 24, 60))
        self.says("everybody sleeps", hours, "h")
        self.world.time.passes(hours=hours)
