"""The loops beside Kafka are watched like the others, and a Kafka that nobody ever started ends none of them.

Needs no Kafka.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest
from aiokafka.errors import KafkaError
from pydantic import SecretStr

from backbone.kafka import relay as relays
from backbone.kafka.broker import Broker
from backbone.kafka.carrier import KafkaCarrier
from backbone.kafka.relay import Relay
from backbone.kafka.topics import Topics
from backbone.log.event import Lane
from backbone.loops import repeat as repeats
from backbone.process import watch as watches
from backbone.process.settings import Settings
from backbone.process.watch import ages, waits, watch
from backbone.time_source import ticks
from tests.harness.hearer import SAYERS, Room, room
from tests.harness.postgres import free_port
from tests.harness.wire import Wire

_AGE = "critsit_outbox_oldest_unpublished_seconds"


def _carrier(people: Room) -> KafkaCarrier:
    topics = Topics(
        people.settings.topic_prefix, {name: name for name in (*SAYERS, "escalation")}, "directory", "router"
    )
    return KafkaCarrier(people.hearer.running, topics, Broker(f"127.0.0.1:{free_port()}"))


async def test_a_loop_that_ends_by_itself_ends_the_process(people: Room) -> None:
    carrier, found = _carrier(people), asyncio.get_running_loop().create_future()
    await carrier.start()
    watching = asyncio.create_task(
        watch([people.hearer.running], dead=lambda why: found.done() or found.set_result(why))
    )
    (listening,) = [task for task in people.hearer.running.tasks if task.get_name() == "escalation.listen.urgent"]
    listening.cancel()
    assert "escalation.listen.urgent" in await asyncio.wait_for(found, 10)
    watching.cancel()
    await carrier.stop()


async def test_loops_that_are_stopped_end_nobody(people: Room) -> None:
    carrier, why = _carrier(people), list[str]()
    await carrier.start()
    loops = list(people.hearer.running.tasks)
    watching = asyncio.create_task(watch([people.hearer.running], dead=why.append))
    await people.router.says("a")
    await asyncio.wait_for(carrier.stop(), 15)
    assert len(loops) == 5
    assert all(task.done() for task in loops)
    # It looks each 100 ms.
    await asyncio.wait({watching}, timeout=0.5)
    watching.cancel()
    assert why == []


async def test_who_is_stopped_while_the_database_is_away_stops_all_the_same(database: str) -> None:
    port = urlsplit(database).port or 5432
    with Wire(port) as wire:
        far = database.replace(f":{port}/", f":{wire.port}/")
        async with room(far, Settings(database_url=SecretStr(far))) as people:
            carrier = _carrier(people)
            await carrier.start()
            async with asyncio.timeout(10):
                while not await people.ask("select name from lease"):  # noqa: ASYNC110 no bell rings here
                    await asyncio.sleep(0.01)
            wire.cut()
            await asyncio.wait_for(carrier.stop(), 15)


async def test_what_kafka_has_not_taken_ages_in_either_lane_whoever_relays(people: Room) -> None:
    router = people.router.ground
    topics = Topics(people.settings.topic_prefix, {"router": "router"}, "directory", "router")

    async def age() -> float:
        """As a relay tells it that holds no lease and has never reached a broker."""
        relay = Relay(router, topics, Broker(f"127.0.0.1:{free_port()}"))
        assert await relay.age() is None
        return router.around.registry.get_sample_value(_AGE, {"stage": "router"}) or 0.0

    async def taken(lane: str) -> None:
        async with router.transactions() as tx:
            await tx.execute(
                "insert into cursor (reader, source, lane, position) select 'relay', 'router', :lane, max(seq) from outbox",
                {"lane": lane},
            )

    assert await age() == 0
    await people.router.says("a", urgent=True)
    people.time.passes(seconds=40)
    await people.router.says("b")
    people.time.passes(seconds=5)
    assert await age() == 45
    await taken("urgent")
    assert await age() == 5
    await taken("ordinary")
    assert await age() == 0


class _Producer:
    """Takes what is ordinary, unless it is broken; says of what is urgent nothing until it is told to."""

    def __init__(self, **how: object) -> None:
        self.client, self.broken, self.stopped = self, False, False
        self.asked = asyncio.Event()
        self.urgent: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def start(self) -> None:
        pass

    async def send(self, topic: str, *what: bytes, **more: object) -> asyncio.Future[None]:
        if topic.endswith(".urgent"):
            self.asked.set()
            return self.urgent
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.broken:
            answer.set_exception(KafkaError("away"))
        else:
            answer.set_result(None)
        return answer

    async def stop(self) -> None:
        self.stopped = True


async def test_a_lane_that_fails_late_leaves_the_other_lane_its_new_producer(
    people: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[_Producer] = []

    def make(**how: object) -> _Producer:
        made.append(_Producer(**how))
        return made[-1]

    async def there(*what: object) -> None:
        pass

    monkeypatch.setattr(relays, "AIOKafkaProducer", make)
    monkeypatch.setattr(relays, "apply", there)
    relay = Relay(people.router.ground, Topics("critsit", {"router": "router"}, "directory", "router"), Broker("-"))
    await people.router.says("a")
    assert await relay.step(Lane.ORDINARY) is None
    await people.router.says("b", urgent=True)
    urgent = asyncio.create_task(relay.step(Lane.URGENT))
    await asyncio.wait_for(made[0].asked.wait(), 10)
    await people.router.says("c")
    made[0].broken = True
    with pytest.raises(KafkaError):
        await relay.step(Lane.ORDINARY)
    await relay.step(Lane.ORDINARY)
    made[0].urgent.set_exception(KafkaError("away"))
    with pytest.raises(KafkaError):
        await urgent
    await people.router.says("d")
    await relay.step(Lane.ORDINARY)
    assert [one.stopped for one in made] == [True, False]
    await relay.end()
    assert made[1].stopped


async def test_a_loop_that_hangs_for_two_minutes_ends_the_process_whatever_went_wrong_before(people: Room) -> None:
    running, found, began = people.hearer.running, asyncio.get_running_loop().create_future(), asyncio.Event()
    stopping, rounds = asyncio.Event(), 0

    async def hangs() -> float | None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise OSError("away")
        began.set()
        await stopping.wait()
        return None

    hanging = running.loop_until(stopping, "hangs", hangs, [], 0.01, passing=(OSError,), vital=False)
    await asyncio.wait_for(began.wait(), 10)
    watching = asyncio.create_task(watch([running], dead=lambda why: found.done() or found.set_result(why)))
    running.pulses["hangs"].moved -= 119
    assert not (await asyncio.wait({found}, timeout=0.3))[0]
    running.pulses["hangs"].moved -= 2
    assert await asyncio.wait_for(found, 10) == "escalation.hangs makes no progress"
    watching.cancel()
    stopping.set()
    await hanging


async def test_a_process_that_was_frozen_for_minutes_goes_on(people: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    running, found, frozen, began = people.hearer.running, list[str](), 0.0, asyncio.Event()
    stopping, thawed = asyncio.Event(), asyncio.Event()

    async def waits_for_the_database() -> float | None:
        began.set()
        await thawed.wait()
        return None

    for module in (watches, repeats):
        monkeypatch.setattr(module, "ticks", lambda: ticks() + frozen)
    loop = running.loop_until(stopping, "waits", waits_for_the_database, [], 0.01)
    await asyncio.wait_for(began.wait(), 10)
    watching = asyncio.create_task(watch([running], dead=found.append))
    assert not (await asyncio.wait({watching}, timeout=0.3))[0]
    frozen = 600.0
    assert not (await asyncio.wait({watching}, timeout=0.5))[0]
    assert found == []
    running.pulses["waits"].moved -= 121
    assert not (await asyncio.wait({watching}, timeout=0.3))[0]
    assert set(found) == {"escalation.waits makes no progress"}
    watching.cancel()
    stopping.set()
    thawed.set()
    await loop


async def test_a_loop_that_fails_for_an_hour_moves_and_its_stage_says_what_it_waits_for(people: Room) -> None:
    running, found, failed, stopping = people.hearer.running, list[str](), asyncio.Event(), asyncio.Event()

    async def fails() -> float | None:
        failed.set()
        raise OSError("away")

    failing = running.loop_until(stopping, "fails", fails, [], 0.01, passing=(OSError,))
    await asyncio.wait_for(failed.wait(), 10)
    running.pulses["fails"].last -= 3600
    watching = asyncio.create_task(watch([running], dead=found.append))
    assert not (await asyncio.wait({watching}, timeout=0.3))[0]
    assert found == []
    assert ages([running])["escalation.fails"] < 60
    assert await waits([running]) == ["escalation.fails: OSError('away')"]
    watching.cancel()
    stopping.set()
    await failing


async def test_the_loops_beside_kafka_are_alive_and_nobody_is_unready_without_them(people: Room) -> None:
    carrier, running = _carrier(people), people.hearer.running
    await carrier.start()
    names = {f"{kind}.{lane}" for kind in ("relay", "listen") for lane in ("urgent", "ordinary")}
    assert names <= set(running.pulses)
    listening = [running.pulses[name] for name in names if name.startswith("listen")]
    async with asyncio.timeout(60):
        while not all(str(pulse.trouble).startswith("KafkaConnectionError") for pulse in listening):  # noqa: ASYNC110 no bell rings here
            await asyncio.sleep(0.02)
    for name in names:
        running.pulses[name].last -= 3600
    assert {f"escalation.{name}" for name in names} <= set(ages([running]))
    assert await waits([running]) == []
    await asyncio.wait_for(carrier.stop(), 15)
