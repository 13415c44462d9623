"""Each stage may have a database of its own: one that is away, or hangs, silences nobody whose log lies elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import pytest

from backbone.log.event import Lane
from backbone.loops.follow import Follower
from backbone.postgres.engine import AWAY
from backbone.process.settings import Settings
from tests.harness.carriers import Seconds
from tests.harness.hearer import HEARER, Room, room
from tests.harness.wire import Wire


@pytest.fixture
def wire(database: str) -> Iterator[Wire]:
    """What the hearer reads the router's log over."""
    with Wire(urlsplit(database).port or 5432) as made:
        yield made


@pytest.fixture
async def people(database: str, wire: Wire) -> AsyncIterator[Room]:
    """Two sayers and a hearer, the router at the other end of the wire."""
    far = database.replace(f":{wire.to}/", f":{wire.port}/")
    async with room(database, Settings(database_url=database, readers={f"{HEARER}/router": far})) as made:
        yield made


@pytest.mark.parametrize("behind", [0.0, 5.0], ids=["alone", "beside Kafka"])
async def test_a_log_that_can_not_be_read_holds_up_no_other(
    people: Room, wire: Wire, seconds: Seconds, behind: float
) -> None:
    ground = people.hearer.ground
    follower = Follower(people.hearer.running.ear, ground.sources, ground.transactions, Lane.ORDINARY, behind=behind)

    async def follows(rounds: int) -> list[BaseException]:
        troubles: list[BaseException] = []
        for _ in range(rounds):
            try:
                await follower.step()
            except AWAY as error:
                troubles.append(error)
            seconds.now += 1
        return troubles

    await people.router.says("a")
    assert await follows(8) == []
    wire.cut()
    await people.router.says("b")
    await people.notifier.says(*(f"i-{number}" for number in range(30)))
    assert await follows(8)
    assert len(await people.handled()) == 31
    wire.mend()
    assert await follows(8) == []
    assert await people.handled("b") == ["router b 1"]
