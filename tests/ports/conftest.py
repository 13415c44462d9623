"""Every test of the common suite is run over each carrier: the log, Kafka, and the log behind a Kafka that is away."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from backbone.kafka.broker import Broker
from backbone.loops import follow
from backbone.process.settings import Settings
from tests.harness.carriers import ByKafka, ByLog, Carrier, Seconds
from tests.harness.hearer import Room, room


@pytest.fixture
async def people(database: str, topic_prefix: str) -> AsyncIterator[Room]:
    """Two sayers and a hearer."""
    async with room(database, Settings(database_url=database, topic_prefix=topic_prefix)) as made:
        yield made


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    """The clock by which the reconciler trails."""
    moved = Seconds()
    monkeypatch.setattr(follow, "ticks", moved)
    return moved


@pytest.fixture(params=["log", pytest.param("kafka", marks=pytest.mark.kafka), "log-behind"])
async def carrier(request: pytest.FixtureRequest, people: Room, seconds: Seconds) -> AsyncIterator[Carrier]:
    """What carries."""
    made: Carrier
    if request.param == "kafka":
        made = ByKafka(people, people.hearer, Broker(request.getfixturevalue("kafka")), seconds)
    else:
        made = ByLog(people.hearer, seconds if request.param == "log-behind" else None)
    yield made
    await made.close()
