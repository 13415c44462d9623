"""Each stage may have a database of its own: one that is away, or hangs, silences nobody whose log lies elsewhere."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from backbone.log import partitions
from backbone.log.event import LANES, Lane
from backbone.log.sources import OutOfReach, Sources
from backbone.loops.follow import Follower
from backbone.postgres.engine import AWAY
from backbone.process.gauges import NOT_HELD
from backbone.process.runner import RunningStage
from backbone.process.settings import Settings
from backbone.process.watch import waits
from tests.harness.hearer import HEARER, Room, room
from tests.harness.wire import Wire

FAR = [f"follow.{lane}.router" for lane in LANES]


@pytest.fixture
def wire(database: str) -> Iterator[Wire]:
    """What the hearer reads the router's log over."""
    with Wire(urlsplit(database).port or 5432) as made:
        yield made


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes a connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(params=[None, "kafka.example:9092"], ids=["alone", "beside Kafka"])
async def people(request: pytest.FixtureRequest, database: str, wire: Wire) -> AsyncIterator[Room]:
    """Two sayers and a hearer, the router at the other end of the wire; Kafka brings nothing."""
    far = database.replace(f":{wire.to}/", f":{wire.port}/")
    settings = Settings(database_url=database, readers={f"{HEARER}/router": far}, kafka=request.param)
    async with room(database, settings) as made:
        yield made


@pytest.fixture
async def running(people: Room) -> AsyncIterator[RunningStage]:
    """The hearer, its loops begun."""
    await people.hearer.running.prepare()
    people.hearer.running.start()
    yield people.hearer.running
    await people.hearer.running.stop()


@pytest.mark.parametrize("hangs", [False, True], ids=["away", "hangs"])
async def test_while_a_log_can_not_be_read_all_others_are_heard_and_the_stage_is_ready(
    people: Room, running: RunningStage, wire: Wire, silent: int, hangs: bool
) -> None:
    await people.router.says("a")
    await _until_handled(people, 1)
    there = wire.to
    wire.cut()
    if hangs:
        wire.to = silent
        wire.mend()
    await people.router.says("b")
    await _until(lambda: all(running.pulses[name].trouble for name in FAR))
    await people.notifier.says(*(f"i-{number}" for number in range(30)))
    await _until_handled(people, 31, within=5)
    for pulse in running.pulses.values():
        pulse.last -= 0 if pulse.trouble is None else 60
    assert await waits([running]) == []
    wire.cut()
    wire.to = there
    wire.mend()
    await _until_handled(people, 32)


async def test_what_presupposes_something_out_of_reach_waits_with_what_follows_in_its_log_alone(
    people: Room, running: RunningStage, wire: Wire
) -> None:
    wire.cut()
    await people.router.says("a")
    await people.notifier.says("before")
    await people.notifier.says("a", after={"router": 1})
    await people.notifier.says("behind")
    pulse = running.pulses["follow.ordinary"]
    await _until(lambda: pulse.trouble is not None)
    pulse.last -= 60
    assert await waits([running]) == []
    assert await people.handled() == ["notifier before 1"]
    wire.mend()
    await _until_handled(people, 4)
    assert await people.handled("a") == ["router a 1", "notifier a 1"]


async def test_another_log_in_the_same_database_is_not_held_up_by_one_that_waits(people: Room, wire: Wire) -> None:
    wire.cut()
    await people.router.says("a")
    await people.notifier.says("before")
    await people.notifier.says("a", after={"router": 1})
    await people.notifier.says("behind")
    await people.router.says("b")
    near, ear = Sources(people.hearer.ground.engine), people.hearer.running.ear
    follower = Follower(ear, near, ["notifier", "router"], people.hearer.ground.transactions, Lane.ORDINARY)
    with pytest.raises(OutOfReach):
        await follower.step()
    assert await people.handled() == ["notifier before 1", "router a 1", "router b 1"]
    await follower.step()
    assert await people.handled() == [
        "notifier before 1", "router a 1", "router b 1", "notifier a 1", "notifier behind 1",
    ]  # fmt: skip


async def test_what_is_the_stage_s_own_is_seen_to_while_another_log_can_not_be_read(people: Room, wire: Wire) -> None:
    ground, running = people.hearer.ground, people.hearer.running
    people.hearer.cannot.add("notifier a 1")
    await people.notifier.says("a")
    await running.ear.hear(await people.notifier.ground.sources.lane("notifier", urgent=False, after=0, limit=1))
    await people.ask("update subject set held = false")
    people.time.passes(days=1)
    wire.cut()
    await running.housekeeping()
    labels = {"stage": HEARER, "name": NOT_HELD}
    assert ground.around.registry.get_sample_value("critsit_invariant", labels) == 1
    async with ground.transactions.reading() as connection:
        assert (await partitions.days(connection))[-1] == f"outbox_{people.time.now() + timedelta(days=14):%Y%m%d}"
    with pytest.raises(AWAY):
        await running.ask_others()


async def test_who_is_stopped_while_another_database_hangs_does_not_wait_for_it(people: Room, wire: Wire) -> None:
    running = people.hearer.running
    await running.prepare()
    running.start()
    await people.router.says("a")
    await _until_handled(people, 1)
    wire.hold()
    running.stopping.set()
    people.hearer.ground.around.bell.ring(["stop"])
    await asyncio.wait_for(asyncio.gather(*running.tasks), 15)
    await asyncio.wait_for(running.stop(), 5)


async def test_what_a_stage_can_not_write_down_at_its_end_keeps_nobody_from_ending(people: Room, wire: Wire) -> None:
    running, sources = people.hearer.running, people.hearer.ground.sources
    await people.router.says("a")

    async def writes() -> None:
        await sources.lane("router", urgent=False, after=0, limit=1)

    running.stage = replace(running.stage, on_stop=writes)
    await writes()
    wire.cut()
    await running.stop()
    assert people.hearer.ground.engine.pool.checkedin() == 0  # type: ignore[attr-defined]


async def test_a_blown_fuse_makes_it_unready_wherever_the_log_lies(people: Room, running: RunningStage) -> None:
    subjects = [f"i-{number}" for number in range(60)]
    people.hearer.cannot = {f"router {subject} 1" for subject in subjects}
    await people.router.says(*subjects)
    pulse = running.pulses["follow.ordinary.router"]
    await _until(lambda: pulse.grave)
    pulse.last -= 60
    assert ["in a row could not be handled" in why for why in await waits([running])] == [True]


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not holds():  # noqa: ASYNC110 no bell rings here
            await asyncio.sleep(0.01)


async def _until_handled(people: Room, count: int, within: float = 15) -> None:
    async with asyncio.timeout(within):
        while len(await people.handled()) < count:  # noqa: ASYNC110 no bell rings here
            await asyncio.sleep(0.01)
