"""Actions over HTTP, row by row of the action table: what each does to the record, and what it says to the others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.intake import intake
from tests.harness.work_orders import work_order

RESPONSE = {"by": "eve", "message": "we are on it"}

#: (path, body, the fact that follows, what of the body it carries): every row that an open severity 1 takes.
ROWS: list[tuple[str, dict[str, Any], str]] = [
    ("responses", RESPONSE, "incident.responded"),
    ("updates", {"by": "eve", "status": "a node is back", "action_plan": "the next one"}, "incident.updated"),
    ("questions", {"by": "eve", "text": "which region?", "to": "resources"}, "question.asked"),
    ("customer-replies", {"by": "Aigerim", "text": "west"}, "customer.replied"),
    ("severity-changes", {"by": "Aigerim", "impact": "moderate", "reason": "half is back"}, "impact.changed"),
    ("severity-assessments", {"by": "eve", "severity": "B", "reason": "there is a way around"}, "severity.assessed"),
    ("owner", {"by": "eve", "person": "fay"}, "owner.requested"),
    ("owner", {"by": "eve", "person": None}, "owner.requested"),
    ("executive-notifications", {"by": "ana", "side": "provider", "reason": "they called"}, "executives.requested"),
    ("executive-notifications", {"by": "ana", "side": "customer", "reason": "decide"}, "executives.requested"),
    ("onsite-consents", {"by": "Aigerim"}, "onsite.consented"),
    ("rca-requests", {"by": "Aigerim", "reason": "our board asks"}, "rca.requested"),
    ("effort", {"by": "eve", "minutes": 30}, "effort.recorded"),
    ("crisis-manager", {"by": "ana", "person": "bo"}, "crisis_manager.requested"),
    ("resolution", {"by": "eve", "note": "the nodes are back"}, "incident.resolved"),
    ("closure", {"by": "eve", "note": "confirmed"}, "incident.closed"),
]


@pytest.mark.parametrize(("path", "body", "fact"), ROWS, ids=[f"{row[0]}-{n}" for n, row in enumerate(ROWS)])
async def test_each_action_is_said_once_and_counted_on_the_record(
    database: str, path: str, body: dict[str, Any], fact: str
) -> None:
    async with intake(database) as stage:
        await stage.knows("contract", "WO-1", work_order())
        id_ = await stage.has()
        before = await stage.record(id_)
        await stage.said()
        answer = await stage.act(id_, path, body)
        assert answer.status_code == 200, answer.text
        record = answer.json()
        assert (record["id"], record["version"]) == (id_, before["version"] + 1)
        assert answer.headers["etag"] == f'W/"{record["version"]}"'
        assert await stage.record(id_) == record
        ((type_, payload),) = await stage.said()
        assert type_ == fact
        assert body.items() <= payload.items()
        last = (await stage.timeline(id_))[-1]
        assert (last["type"], last["by"], last["stage"]) == (fact, body["by"], "intake")
        assert last["summary"] != fact
