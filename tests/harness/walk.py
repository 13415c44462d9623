"""A walk: what can happen to incidents and around them, one thing after the other, as a seed has it.

Each step is taken through the real interface; what is refused is part of the walk, what fails is not.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.harness.held_stream import HeldStream
from tests.harness.walk_wires import Wires
from tests.harness.world import START, World

if TYPE_CHECKING:
    from tests.harness.walk_ladders import Ladder

PEOPLE = {
    "ana": "crisis-manager", "bo": "crisis-manager", "eng": "engineer", "eva": "engineer", "dan": "duty-manager",
    "dee": "duty-manager", "sam": "delivery-manager", "ex": "executive", "ops": "cloud-operations", "pt": "product-team",
}  # fmt: skip
LIVE = ("waiting", "sending", "sent", "delivered")
#: Seconds that a caller is ready to wait for what follows.
WAIT = 0.4


@dataclass
class Walk:
    """`cases` are the ids of what was reported, `done` what was done so far, in words, `begun` of it before the first step.

    `contacts` and `changed` are by which channels somebody is reached, in their order, and when that changed; `rotas` and
    `overrides` who is on call, since `rostered`; `woken` is when those who were silent went on; `bought` are the services
    of the contracts as they are now, `ladders` the policies that were stored, `corrected` the incidents whose contract was
    named anew just now, `reopened` those that were opened again; `catalogue` is the router's of the `catalogues`, None is
    the shipped one. `answers` are those that were waited for, with whether they came before the time was over, and the
    records as they were at rest then.
    """

    world: World
    rng: random.Random
    wires: Wires | None = None
    cases: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    begun: int = 0
    contacts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    changed: dict[str, datetime] = field(default_factory=dict)
    rotas: dict[str, dict[str, Any]] = field(default_factory=dict)
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)
    rostered: datetime = START
    woken: list[datetime] = field(default_factory=lambda: [START])
    bought: dict[str, frozenset[str]] = field(default_factory=dict)
    corrected: set[str] = field(default_factory=set)
    reopened: set[str] = field(default_factory=set)
    ladders: dict[str, Ladder] = field(default_factory=dict)
    catalogues: tuple[Path | None, ...] = (None,)
    catalogue: Path | None = None
    stream: HeldStream | None = None
    answers: list[tuple[str, bool, dict[str, Any], dict[str, Any]]] = field(default_factory=list)

    def says(self, *words: object) -> None:
        """Note what is done, for whoever has to understand it."""
        self.done.append(" ".join(map(str, (f"{self.world.time.now():%m-%d %H:%M:%S}", *words))))

    async def posts(self, path: str, body: Any) -> int:
        """Something happens; the status of the answer."""
        answer = await self.world.web.post(path, json=body)
        return self._answered(path, body, answer)

    async def waits(self, path: str, body: Any) -> int:
        """The same, by somebody who waits for what follows (`Prefer: wait`) while the stages work.

        What was done before it has been heard by everybody: an answer waits for what follows from itself alone.
        """
        await self.world.rests()
        began = time.monotonic()
        asking = asyncio.create_task(self.world.web.post(path, json=body, headers={"Prefer": f"wait={WAIT:g}"}))
        while not asking.done():
            await self.world.rests()
            await asyncio.wait([asking], timeout=0.02)
        answer, soon = asking.result(), time.monotonic() - began < WAIT
        status = self._answered(f"{path} and waits", body, answer)
        await self.world.rests()
        if status in (200, 201) and "clocks" in (told := answer.json()):
            self.answers.append((path, soon, told, await self.world.gets(f"/v1/incidents/{told['id']}")))
        return status

    def _answered(self, path: str, body: Any, answer: Any) -> int:
        self.says(answer.status_code, path, body)
        assert answer.status_code in (200, 201, 404, 409), answer.text
        if answer.status_code == 201:
            self.cases.append(answer.json()["id"])
        return int(answer.status_code)
