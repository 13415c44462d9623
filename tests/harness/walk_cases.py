"""What happens to the incidents of a walk: they are reported, worked on, taken and handed over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.harness.walk import LIVE, PEOPLE, Walk
from tests.harness.work_orders import incident

_IMPACTS = ("critical_down", "critical_degraded", "moderate", "minimal")
_QUEUES = ("problem-resolution", "rapid-response", "entitlement-review")
_CORRECTIONS: tuple[dict[str, Any], ...] = (
    {"contract": None}, {"contract": "WO-1"}, {"contract": "WO-2"}, {"contract": "WO-9"}, {"product": "azure/sql"},
    {"location": "riyadh"}, {"location": "nowhere"}, {"language": "kk"}, {"kind": "advisory"}, {"kind": "problem"},
    {"solution": "core"}, {"channel": "phone", "portal": None},
)  # fmt: skip
_REPORTS: tuple[dict[str, Any], ...] = (
    {"contract": None}, {"contract": "WO-9"}, {"channel": "phone", "portal": None}, {"reporter": {"name": "Who"}},
    {"location": "nowhere"}, {"location": "lisbon"}, {"language": "kk"}, {"product": "azure/sql"}, {"kind": "advisory"},
    {"product": "github/x", "portal": "github"}, {"kind": "hotfix", "product": "sql-server"}, {"prerelease": True},
    {"requested_severity": "B"}, {"form": {"id": "launch-2026", "answers": {}}},
)  # fmt: skip


async def reports(walk: Walk) -> None:
    """An incident; now and then something is done to it before anybody has heard of it."""
    rng = walk.rng
    changes: dict[str, Any] = {"impact": rng.choice((*_IMPACTS, *_IMPACTS[:2]))}
    for some in rng.choices(_REPORTS, k=rng.choice((0, 0, 1, 2))):
        changes |= some
    if rng.random() < 0.1:
        submitted: datetime = walk.world.time.now() - timedelta(seconds=rng.choice((20, 3000)))
        changes["submitted_at"] = submitted.isoformat()
    if rng.random() < 0.3:
        await walk.waits("/v1/incidents", incident(**changes))
        return
    await walk.posts("/v1/incidents", incident(**changes))
    if rng.random() < 0.2:
        await _acts(walk, walk.cases[-1])


async def acts(walk: Walk) -> None:
    """Somebody does something to an incident, or several things at once."""
    await _acts(walk, walk.rng.choice(walk.cases))


async def _acts(walk: Walk, case: str) -> None:
    rng = walk.rng
    who, by = rng.choice(list(PEOPLE)), rng.choice([*PEOPLE, "aigerim", "Nobody Known"])
    to = rng.choice(("case-owner", "change-control", "resources"))
    changed = {"impact": rng.choice(_IMPACTS), "reason": "it changed"}
    assessed = {"severity": rng.choice(("1", "A", "B", "C")), "reason": "so it is"}
    acts: list[tuple[str, dict[str, Any]]] = [
        ("responses", {"message": "We look at it."}),
        ("updates", {"status": "still", "action_plan": rng.choice((None, "more"))}),
        ("questions", {"text": "what?", "to": to}), ("questions", {"text": "what?", "to": to}),
        ("customer-replies", {"text": "that"}),
        ("severity-changes", changed), ("severity-changes", changed),
        ("severity-assessments", assessed), ("severity-assessments", assessed),
        ("corrections", {"reason": "wrong", "changes": rng.choice(_CORRECTIONS)}),
        ("owner", {"person": rng.choice((None, who))}),
        ("executive-notifications", {"side": rng.choice(("provider", "customer")), "reason": "as required"}),
        ("onsite-consents", {}), ("management-requests", {"reason": "slow"}), ("rca-requests", {"reason": "why"}),
        ("downgrade-decisions", {"decision": rng.choice(("accept", "reject")), "reason": "so"}),
        ("effort", {"minutes": rng.choice((10, 100, 300))}), ("crisis-manager", {"person": who}),
        ("resolution", {"note": "fixed"}), ("closure", {"note": "done"}),
        ("reopening", {"note": "again"}), ("reopening", {"note": "again"}),
    ]  # fmt: skip
    for _ in range(rng.choice((1, 1, 1, 3))):
        path, body = rng.choice(acts)
        told = {name: value for name, value in body.items() if value is not None or name == "person"}
        does = walk.waits if rng.random() < 0.25 else walk.posts
        if await does(f"/v1/incidents/{case}/{path}", {"by": by} | told) != 200:
            continue
        if "contract" in body.get("changes", ()):
            walk.corrected.add(case)
        if path == "reopening":
            walk.reopened.add(case)


async def acknowledges(walk: Walk) -> None:
    """Somebody has a page."""
    if (page := await _page(walk)) is not None:
        await walk.posts(f"/v1/pages/{page['id']}/acknowledgement", {"by": page["to"]})


async def declines(walk: Walk) -> None:
    """Somebody can't."""
    if (page := await _page(walk)) is not None:
        await walk.posts(f"/v1/pages/{page['id']}/decline", {"by": page["to"], "reason": "in a train"})


async def _page(walk: Walk) -> dict[str, Any] | None:
    pages = (await walk.world.gets("/v1/pages", limit="200"))["items"]
    live = [page for page in pages if page["state"] in LIVE]
    return walk.rng.choice(live) if live else None


async def claims(walk: Walk) -> None:
    """Somebody takes what is due first."""
    queue, by = walk.rng.choice(_QUEUES), walk.rng.choice(list(PEOPLE))
    answer = await walk.world.web.post(f"/v1/queues/{queue}/claims", json={"by": by, "languages": ["en", "kk"]})
    walk.says(answer.status_code, by, "claims of", queue)
    assert answer.status_code in (200, 204, 404, 409), answer.text
