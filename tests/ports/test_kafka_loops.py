"""The loops beside Kafka are watched like the others, and a Kafka that nobody ever started ends none of them.

Needs no Kafka.
"""

from __future__ import annotations

import asyncio

from backbone.kafka.carrier import KafkaCarrier
from backbone.kafka.topics import Topics
from backbone.process.runner import watch
from tests.harness.hearer import SAYERS, Room
from tests.harness.postgres import free_port


def _carrier(people: Room) -> KafkaCarrier:
    topics = Topics(
        people.settings.topic_prefix, {name: name for name in (*SAYERS, "escalation")}, "directory", "router"
    )
    return KafkaCarrier(people.hearer.running, topics, f"127.0.0.1:{free_port()}")


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
    assert len(loops) == 4
    assert all(task.done() for task in loops)
    # It looks each 100 ms.
    await asyncio.wait({watching}, timeout=0.5)
    watching.cancel()
    assert why == []
