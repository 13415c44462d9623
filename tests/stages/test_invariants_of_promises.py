"""Each invariant of escalation and the notifier is 0 while all is well, and is broken here on purpose, and seen.

Nobody looks for three hours, or the tables are changed behind the stages' backs.
"""

from __future__ import annotations

import pytest
from sqlalchemy import text

from backbone.process.runner import RunningStage
from events.incidents import QuestionAsked
from tests.harness.escalation import report, watch
from tests.harness.notifier import desk, person

INC = "inc-1"

_PROMISES = {
    "accepted_without_a_route": "select 1",
    "clock_past_due_still_running": "select 1",
    "clock_not_looked_at": "update clock set next_at = :now where next_at is not null",
    "clock_running_of_an_ended_incident": "update incident set state = 'resolved'",
    "proposal_open_of_an_ended_incident": "update incident set state = 'closed'",
}
_PAGES = {
    "due_page_unsent": "update page set next_at = :now",
    "page_to_nobody": "update page set person = 'nobody', next_at = :now",
    "page_sending_for_a_minute": "update page set state = 'sending', holder = 'a dead replica', next_at = null",
}


async def _counts(running: RunningStage) -> dict[str, int]:
    return {name: await count() for name, count in running.stage.invariants.items()}


async def _breaks(running: RunningStage, sql: str) -> None:
    async with running.ground.engine.begin() as connection:
        await connection.execute(text(sql), {"now": running.ground.around.time.now()} if ":now" in sql else {})


@pytest.mark.parametrize("name", _PROMISES)
async def test_a_broken_promise_of_escalation_is_counted(database: str, name: str) -> None:
    async with watch(database) as there:
        await there.happens(INC)
        await there.says("intake", INC, QuestionAsked("bo", "may we log in?", "resources"))
        await there.rests()
        await there.passes(minutes=31)
        await there.says("intake", "inc-2", there.reported("inc-2", report()))
        await there.hears()
        assert await _counts(there.running) == dict.fromkeys(_PROMISES, 0)
        await _breaks(there.running, _PROMISES[name])
        there.time.passes(hours=3)
        assert (await _counts(there.running))[name] > 0


@pytest.mark.parametrize("name", _PAGES)
async def test_a_broken_promise_of_the_notifier_is_counted(database: str, name: str) -> None:
    async with desk(database) as there:
        await there.knows("person", person("ana", "crisis-manager"))
        await there.reports(INC)
        await there.assigns(INC, "ana")
        await there.rests()
        assert await _counts(there.running) == dict.fromkeys(_PAGES, 0)
        await _breaks(there.running, _PAGES[name])
        await _breaks(there.running, "update attempt set outcome = 'sending'")
        assert (await _counts(there.running))[name] == (1 if name == "page_to_nobody" else 0)
        there.time.passes(seconds=61)
        assert (await _counts(there.running))[name] == 1
