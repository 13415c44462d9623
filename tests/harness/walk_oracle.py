"""What must hold after every step of a walk, whatever has happened: by the contract and the design, not by the code.

It reads what anybody may read, and remembers only what it has read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.harness.walk import LIVE, Walk
from tests.harness.walk_directory import Directory
from tests.harness.walk_ladders import Ladders
from tests.harness.walk_reached import Reached
from tests.harness.walk_told import Told

_AT = datetime.fromisoformat
_CALLED = ("crisis-manager", "duty-manager", "nobody-on-call", "clock-breached", "escalation")
_SETTLED = ("met", "superseded")


@dataclass
class Oracle:
    """`customers` are keys of customers, by contract. `wrong` is what does not hold."""

    walk: Walk
    customers: dict[str, str]
    wrong: list[str] = field(default_factory=list)
    _versions: dict[str, int] = field(default_factory=dict)
    _states: dict[str, str] = field(default_factory=dict)
    _settled: dict[tuple[str, int], str] = field(default_factory=dict)
    _told: dict[tuple[str, str, str, str], datetime] = field(default_factory=dict)
    _read: set[str] = field(default_factory=set)
    _reached: Reached = field(init=False)
    _stories: Told = field(init=False)
    _directory: Directory = field(init=False)
    _ladders: Ladders = field(init=False)

    def __post_init__(self) -> None:
        self._directory = Directory(self.walk, self.holds)
        self._reached = Reached(self.walk, self.holds, self._directory.on_call)
        self._stories = Told(self.walk, self.holds)
        self._ladders = Ladders(self.walk, self.holds)

    def holds(self, ok: object, *what: object) -> None:
        """Note what does not."""
        if not ok:
            self.wrong.append(" ".join(map(str, what)))

    async def looks(self) -> None:
        """After a step, when everybody rests."""
        world, before = self.walk.world, dict(self._states)
        pages = await self._all_pages()
        informing = await self._stories.informing()
        for case in self.walk.cases:
            record = await world.gets(f"/v1/incidents/{case}")
            self._record(record)
            self._clocks(record)
            self._pages(record, pages[case])
            self._reached.looks(record, pages[case], informing)
            self._directory.holds_to_what_it_was(record)
            self._ladders.looks(case)
            self._states[case] = record["state"]
        await self._messages(before)
        if self.walk.wires is not None:
            self._reached.agrees_with_the_wires([page for some in pages.values() for page in some])
        self._stories.waited()
        await self._directory.is_as_it_was_stored()
        for running in world.process.running:
            for name, count in running.stage.invariants.items():
                self.holds(await count() == 0, "an invariant of", running.stage.name, "is broken:", name)
            letters = await world.gets(f"/v1/{running.stage.name}/dead-letters")
            self.holds(letters["items"] == [], "a dead letter at", running.stage.name)

    async def looks_back(self) -> None:
        """At the end of a walk: what is kept of it agrees."""
        world = self.walk.world
        await self._reached.in_the_end(await self._all_pages())
        for case in self.walk.cases:
            record = await world.gets(f"/v1/incidents/{case}")
            say = _named(record)
            replay = await world.web.post(f"/v1/incidents/{case}/replay", json={"by": "ana"})
            self.holds(
                replay.status_code == 200 and replay.json()["agrees"], say, "decided otherwise now", replay.text[:300]
            )
            told = await world.web.get(f"/v1/incidents/{case}/explanation")
            self.holds(told.status_code == 200, say, "can't be explained", told.text[:200])
            ours = sorted((clock["name"], clock["state"], clock["due_at"]) for clock in record["clocks"])
            watched = await self.walk.world.lists("/v1/clocks", incident=case)
            theirs = sorted((clock["name"], clock["state"], clock["due_at"]) for clock in watched)
            self.holds(ours == theirs, say, "escalation's clocks differ", ours, theirs)
            await self._timeline(record)

    async def _all_pages(self) -> dict[str, list[dict[str, Any]]]:
        """By incident, the newest first."""
        pages: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for page in await self.walk.world.lists("/v1/pages"):
            pages[page["incident"]].append(page)
        return pages

    def _record(self, record: dict[str, Any]) -> None:
        say, case = _named(record), record["id"]
        self.holds(record["version"] >= self._versions.get(case, 0), say, "its version shrank")
        self._versions[case] = record["version"]
        self.holds("needs-human" not in record["flags"], say, "needs a human")
        self.holds(record["severity"] is not None, say, "is not routed")

    def _clocks(self, record: dict[str, Any]) -> None:
        say, now = _named(record), self.walk.world.time.now()
        running = [clock["name"] for clock in record["clocks"] if clock["state"] == "running"]
        self.holds(len(running) == len(set(running)), say, "two run of one name", running)
        self.holds(record["state"] == "open" or not running, say, "a clock runs on", running)
        for nth, clock in enumerate(record["clocks"]):
            if clock["state"] == "running":
                self.holds(_AT(clock["due_at"]) >= now, say, "runs past its due instant", clock)
                decided = clock["name"] in ("first_response", "crisis_manager", "status_update")
                self.holds(not decided or clock["rule"] in record["because"], say, "runs by another decision", clock)
            if clock["calendar"] == "24x7" and (target := re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?", clock["target"])):
                due = _AT(clock["started_at"]) + timedelta(hours=int(target[1] or 0), minutes=int(target[2] or 0))
                self.holds(clock["name"] == "onsite" or due == _AT(clock["due_at"]), say, "is due otherwise", clock)
            was = self._settled.get((record["id"], nth))
            self.holds(was in (None, clock["state"]), say, "was", was, "and is not any more", clock)
            if clock["state"] in _SETTLED:
                self._settled[record["id"], nth] = clock["state"]
        if record["state"] == "open" and record["severity"] is not None:
            owed = {clock["name"] for clock in record["clocks"] if clock["state"] != "superseded"}
            self.holds("first_response" in owed, say, "nobody owes a first response", owed)
            if record["severity"] in ("1", "A"):
                self.holds("crisis_manager" in owed and "status_update" in running, say, "too little is owed", owed)

    def _pages(self, record: dict[str, Any], pages: list[dict[str, Any]]) -> None:
        say = _named(record)
        states = [(page["to"], page["for"], page["state"]) for page in pages]
        if record["state"] != "open":
            self.holds(all(state not in ("waiting", "sending") for _, _, state in states), say, "pages go on", states)
        elif record["severity"] in ("1", "A"):
            met = any(clock["name"] == "crisis_manager" and clock["state"] == "met" for clock in record["clocks"])
            called = [one for one in states if one[1] in _CALLED and one[2] in (*LIVE, "acknowledged")]
            self.holds(met or called, say, "nobody is called for a crisis", states)
        shown = {page["id"]: page["state"] for page in record["pages"]}
        self.holds(shown == {page["id"]: page["state"] for page in pages}, say, "shows other pages", shown, states)

    async def _messages(self, before: dict[str, str]) -> None:
        for message in reversed(await self.walk.world.lists("/v1/mailbox")):
            if message["id"] in self._read:
                continue
            self._read.add(message["id"])
            case, at = message["incident"], _AT(message["at"])
            stayed = before.get(case) == self._states.get(case) and case not in self.walk.reopened
            ended = stayed and before.get(case) in ("resolved", "closed")
            self.holds(not ended, "a message about what has ended", message["to"], message["subject"])
            key = (case, message["to"], message["channel"], message["page"])
            last = self._told.get(key)
            self.holds(
                last is None or at - last >= timedelta(seconds=59), "told again too soon", last, message["subject"]
            )
            self._told[key] = at
        self.walk.reopened.clear()

    async def _timeline(self, record: dict[str, Any]) -> None:
        say = _named(record)
        facts = await self.walk.world.lists(f"/v1/incidents/{record['id']}/timeline")
        await self._stories.agrees(record, facts)
        self._ladders.climbed(record, facts)
        types = [fact["type"] for fact in facts]
        self.holds(types[:1] == ["incident.reported"], say, "begins with", types[:2])
        self.holds(types.count("clock.started") == len(record["clocks"]), say, "has other clocks than were started")
        for nth, fact in enumerate(facts):
            if fact["type"] == "clock.breached" and fact["data"].get("name") in ("first_response", "crisis_manager"):
                follows = {"escalation.raised", "clock.met", "clock.superseded", "clock.corrected"}
                self.holds(follows.intersection(types[nth:]), say, "nothing followed a breach", fact["data"])
        for number in self.customers:
            await self._to_the_customer(record, facts, number)

    async def _to_the_customer(self, record: dict[str, Any], facts: list[dict[str, Any]], number: str) -> None:
        say, world = f"{_named(record)} {number}", self.walk.world
        headers = {"Authorization": f"Bearer {self.customers[number]}"}
        one = await world.web.get(f"/v1/incidents/{record['id']}", headers=headers)
        self.holds(one.status_code == (200 if record["contract"] == number else 404), say, "to the customer", one.text)
        if one.status_code != 200:
            return
        told = await world.lists(f"/v1/incidents/{record['id']}/timeline", headers)
        why = await world.gets(f"/v1/incidents/{record['id']}/explanation", headers)
        own, another = _for_the_customer(facts, number)
        if another:  # what another stage said meanwhile is told apart by what it had heard, which no fact shows
            own, theirs = ([one for one in every if one["stage"] == "intake"] for every in (own, told))
        else:
            theirs = told
        self.holds([one["type"] for one in theirs] == [one["type"] for one in own], say, "tells the customer otherwise")
        self.holds(
            all(other == number or other not in f"{told} {why}" for other in self.customers), say, "names another's"
        )
        self.holds(not re.search(r"@example\.org|\+351", str(told)), say, "gives an address away")


def _for_the_customer(facts: list[dict[str, Any]], number: str) -> tuple[list[dict[str, Any]], bool]:
    """Of a timeline what the customer may read who has it now, and whether anything of it was another's."""
    own: list[dict[str, Any]] = []
    since: list[dict[str, Any]] = []
    contract, another = facts[0]["data"]["report"]["contract"], False
    for fact in facts:
        if fact["type"] == "incident.corrected" and fact["data"]["report"]["contract"] != contract:
            contract = fact["data"]["report"]["contract"]
            if fact["data"]["left"] in (None, number):
                own += since
            else:
                another = True
            since = []
        since += [fact] if fact["visibility"] == "customer" else []
    return own + since, another


def _named(record: dict[str, Any]) -> str:
    return f"{record['number']} severity {record['severity']} {record['state']}:"
