"""A world for stories: all four stages on one PostgreSQL, a time that is moved by hand, and people with phones.

A page that nobody expects fails the story: `expects` takes a message off a phone, and at the end every phone is empty.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from starlette.types import Receive, Scope, Send

from backbone import STAGES
from backbone.ground import Surroundings
from backbone.process.runner import RunningStage, settle
from backbone.process.settings import Settings
from backbone.time_source import HandMoved
from critsit.stages import Process, build
from tests.harness.router import person, rotation
from tests.harness.work_orders import incident, work_order

#: A Wednesday: 09:00 in Lisbon, 14:00 in Almaty.
START = datetime(2026, 2, 4, 9, 0, tzinfo=UTC)
KEY = "the-world-s-key"


@dataclass
class Phone:
    """What reaches one person, whatever the channel."""

    world: World
    owner: str

    async def expects(self, *words: str, channel: str | None = None, at: str | None = None) -> dict[str, Any]:
        """Take the oldest message off it that nobody took yet; it has to have these words, and to have come `at` (UTC)."""
        unread = await self.unread()
        assert unread, f"nothing has reached {self.owner}, who expects {words}"
        message = unread[0]
        text = f"{message['subject']} {message['text']}"
        assert all(word in text for word in words), (words, text)
        assert channel in (None, message["channel"]), message
        assert at in (None, message["at"][11:19]), message
        self.world.read.add(message["id"])
        return message

    async def unread(self) -> list[dict[str, Any]]:
        """The messages that nobody took yet, the oldest first."""
        return [message for message in await self.world.mailbox() if message["to"] == self.owner]

    async def is_silent(self) -> None:
        """Nothing has come that was not expected."""
        assert await self.unread() == []


@dataclass
class Somebody:
    """A person of the provider, or a contact of the customer's."""

    world: World
    id: str

    @property
    def phone(self) -> Phone:
        return Phone(self.world, self.id)

    async def acknowledges(self, case: Case) -> None:
        """Their last page about it is theirs."""
        page = await self._page(case)
        await self.world.posts(f"/v1/pages/{page['id']}/acknowledgement", {"by": self.id})

    async def declines(self, case: Case) -> None:
        """Somebody else has to."""
        page = await self._page(case)
        await self.world.posts(f"/v1/pages/{page['id']}/decline", {"by": self.id, "reason": "in a train"})

    async def _page(self, case: Case) -> dict[str, Any]:
        pages = await self.world.gets("/v1/pages", incident=case.id, limit="200")
        return next(page for page in pages["items"] if page["to"] == self.id)


@dataclass
class Case:
    """An incident, as a story tells of it."""

    world: World
    id: str

    async def record(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.world.gets(f"/v1/incidents/{self.id}")
        return found

    async def clock(self, name: str) -> dict[str, Any]:
        """The last clock of that name."""
        clocks = [clock for clock in (await self.record())["clocks"] if clock["name"] == name]
        found: dict[str, Any] = clocks[-1]
        return found

    async def states(self, name: str) -> list[str]:
        """The states of all clocks of that name, in the order in which they started."""
        return [clock["state"] for clock in (await self.record())["clocks"] if clock["name"] == name]

    async def happens(self, action: str, **body: Any) -> dict[str, Any]:
        """Somebody posts an action; the record afterwards."""
        return await self.world.posts(f"/v1/incidents/{self.id}/{action}", body)

    async def refuses(self, action: str, **body: Any) -> dict[str, Any]:
        """Somebody posts an action that is refused: the problem."""
        answer = await self.world.web.post(f"/v1/incidents/{self.id}/{action}", json=body)
        assert answer.status_code == 409, answer.text
        found: dict[str, Any] = answer.json()
        return found


@dataclass
class World:
    """`read` are the messages that a story has expected, `silent` the stages that do nothing."""

    process: Process
    settings: Settings
    time: HandMoved
    web: httpx2.AsyncClient
    read: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)

    async def employs(self, id_: str, role: str, *channels: str, on_call: bool = True, **more: Any) -> Somebody:
        """Somebody with these channels (a mailbox alone, where none is named), on call around the clock."""
        contacts = [
            {"channel": channel, "address": f"{id_}@example.org" if channel == "email" else "+351910000001"}
            for channel in channels or ("email",)
        ]
        body = person(id_, role, **more) | {"contacts": contacts}
        assert (await self.web.put(f"/v1/people/{id_}", json=body)).status_code == 201
        if on_call:
            await self.rota(f"{role}-{id_}", role, id_)
        return Somebody(self, id_)

    async def rota(self, name: str, role: str, *members: str, **changes: Any) -> None:
        """Who is on call."""
        body = rotation(role, *members, name=name, **changes)
        answer = await self.web.put(f"/v1/rotations/{name}", json=body)
        assert answer.status_code in (200, 201), answer.text
        await self.rests()

    async def signs(self, **changes: Any) -> None:
        """A customer has a work order, or a new version of it."""
        order = work_order(**changes)
        answer = await self.web.put(f"/v1/contracts/{order['number']}", json=order)
        assert answer.status_code in (200, 201), answer.text
        await self.rests()

    async def reports(self, **changes: Any) -> Case:
        """An incident comes in: everything down on Azure, unless `changes` say otherwise."""
        answer = await self.web.post("/v1/incidents", json=incident(**changes))
        assert answer.status_code == 201, answer.text
        await self.rests()
        return Case(self, answer.json()["id"])

    async def floods(self, count: int, **changes: Any) -> list[Case]:
        """Many at once, in one call."""
        items = [incident(**changes) for _ in range(count)]
        answer = await self.web.post("/v1/incidents:batch", json={"items": items})
        taken = answer.json()["items"]
        assert [item["status"] for item in taken] == [201] * count, answer.text
        await self.rests()
        return [Case(self, item["incident"]["id"]) for item in taken]

    async def rests(self) -> None:
        """Everybody does what is due."""
        await settle(self._awake)

    async def passes(self, **span: float) -> None:
        """Time passes as it does: what is due on the way is done on the way, when it is due."""
        until = self.time.now() + timedelta(**span)
        while self.time.now() < until:
            self.time.move_to(min([until, *await self._due()]))
            await self.rests()

    async def _due(self) -> list[datetime]:
        """When the loops want to be woken next."""
        works = [(work, lane) for one in self._awake for work in one.stage.works for lane in work.lanes]
        instants = [await work.step(lane) for work, lane in works]
        return [at for at in instants if at is not None and at > self.time.now()]

    @property
    def _awake(self) -> list[RunningStage]:
        return [one for one in self.process.running if one.stage.name not in self.silent]

    async def restarts(self, settings: Settings) -> None:
        """All four stages end, and start again with these settings; nobody's line to them is kept."""
        await _ends(self.process)
        self.process = await _starts(settings, self.time)

    def silence(self, stage: str) -> str:
        """A stage does nothing from now on; its name."""
        self.silent.add(stage)
        return stage

    def speaks(self, stage: str) -> None:
        """It goes on."""
        self.silent.discard(stage)

    async def mailbox(self) -> list[dict[str, Any]]:
        """What has reached anybody and was not expected yet, the oldest first."""
        return [message for message in reversed(await self.lists("/v1/mailbox")) if message["id"] not in self.read]

    async def lists(self, path: str, headers: Mapping[str, str] | None = None, **query: str) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        items: list[dict[str, Any]] = []
        while True:
            found = await self.gets(path, headers, limit="200", **query)
            items += found["items"]
            if found["next"] is None:
                return items
            query["cursor"] = found["next"]

    async def gets(self, path: str, headers: Mapping[str, str] | None = None, **query: str) -> Any:
        answer = await self.web.get(path, params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def posts(self, path: str, body: Any) -> Any:
        answer = await self.web.post(path, json=body)
        assert answer.status_code == 200, answer.text
        await self.rests()
        return answer.json()

    async def phones_are_silent(self, but: Sequence[Somebody] = ()) -> None:
        """Nobody has a message that the story did not expect."""
        others = {one.id for one in but}
        left = [(m["to"], m["at"], m["subject"]) for m in await self.mailbox() if m["to"] not in others]
        assert left == [], left


@asynccontextmanager
async def world(database: str, start: datetime = START) -> AsyncIterator[World]:
    """A world on a migrated database. At its end every phone is empty, and nothing was set aside."""
    time = HandMoved(start)
    settings = Settings(database_url=database, admin_key=KEY, public_url="https://critsit.example.org")
    process = await _starts(settings, time)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await there.process.app(scope, receive, send)

    web = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://critsit", headers={"Authorization": f"Bearer {KEY}"}
    )
    there = World(process, settings, time, web)
    try:
        async with web:
            yield there
            await there.phones_are_silent()
            for stage in STAGES:
                assert (await there.gets(f"/v1/{stage}/dead-letters"))["items"] == []
    finally:
        await _ends(there.process)


async def _starts(settings: Settings, time: HandMoved) -> Process:
    process = build(STAGES, settings, Surroundings(time))
    try:
        for running in process.running:
            await running.ground.directory.refresh()
            if running.stage.on_start is not None:
                await running.stage.on_start()
    except BaseException:
        await _ends(process)
        raise
    return process


async def _ends(process: Process) -> None:
    for running in process.running:
        if running.stage.on_stop is not None:
            await running.stage.on_stop()
        await running.ground.close()
