"""That a broken promise climbs the policy that was in force when its incident was reported: each of its levels, in their
order, none before its time. The policies are changed by the walk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.durations import parse_duration
from tests.harness.walk import Walk

_AT = datetime.fromisoformat
_SHIPPED = (("PT0M", "duty-manager"), ("PT15M", "delivery-manager"))
#: Each begins with the duty manager, whom the contract names.
_LEVELS: tuple[tuple[tuple[str, str], ...], ...] = (
    _SHIPPED, (("PT0M", "duty-manager"),), (("PT2M", "duty-manager"), ("PT5M", "cloud-operations")),
    (("PT0M", "duty-manager"), ("PT0M", "product-team"), ("PT1H", "executive")),
)  # fmt: skip
_APPLIES: tuple[dict[str, list[str]], ...] = (
    {}, {"clocks": ["first_response", "crisis_manager"]}, {"severities": ["1", "A"]},
    {"clocks": ["first_response"], "severities": ["B", "C"]},
)  # fmt: skip
_SHIPPED_IS_FOR = {"clocks": ["unrouted", "first_response", "crisis_manager", "status_update", "onsite"]}


@dataclass(frozen=True)
class Ladder:
    """A policy as the walk stored it."""

    name: str
    levels: tuple[tuple[str, str], ...]
    applies: dict[str, list[str]]

    def fits(self, clock: dict[str, Any]) -> bool:
        """Whether it is for a clock."""
        return clock["name"] in self.applies.get("clocks", [clock["name"]]) and clock["severity"] in self.applies.get(
            "severities", [clock["severity"]]
        )


SHIPPED = Ladder("default", _SHIPPED, _SHIPPED_IS_FOR)


async def stores(walk: Walk) -> None:
    """A policy is another from now on."""
    ladder = Ladder(walk.rng.choice(("default", "mine", "night")), walk.rng.choice(_LEVELS), walk.rng.choice(_APPLIES))
    body: dict[str, Any] = {"levels": [{"after": after, "role": role} for after, role in ladder.levels]}
    walk.says("policy", ladder.name, body, ladder.applies)
    answer = await walk.world.web.put(
        f"/v1/policies/{ladder.name}", json=body | ({"applies_to": ladder.applies} if ladder.applies else {})
    )
    assert answer.status_code == 200, answer.text
    walk.ladders[ladder.name] = ladder


@dataclass
class Ladders:
    """`holds` notes what does not; `_known` are the policies that each incident was reported under."""

    walk: Walk
    holds: Callable[..., None]
    _known: dict[str, tuple[Ladder, ...]] = field(default_factory=dict)

    def looks(self, incident: str) -> None:
        """At an incident after a step: what was in force when it was seen first."""
        self._known.setdefault(incident, tuple(self.walk.ladders.values()))

    def climbed(self, record: dict[str, Any], facts: list[dict[str, Any]]) -> None:
        """What was raised about each broken promise, over the whole story."""
        clocks: dict[str, dict[str, Any]] = {}
        raised: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for fact in facts:
            if fact["type"] == "clock.breached":
                clocks[fact["data"]["clock"]["id"]] = fact["data"]["clock"]
            elif fact["type"] == "escalation.raised" and fact["data"]["clock_id"] is not None:
                raised[fact["data"]["clock_id"]].append(fact)
        open_now = record["state"] == "open" and not any(fact["type"] == "incident.reopened" for fact in facts)
        # A severity that is raised starts its promises anew, and one that is lowered owes no crisis manager any more: what
        # was broken before stays where it is.
        last = {one["name"]: one for one in record["clocks"] if one["state"] != "superseded"}
        unmet = [one for one in last.values() if one["state"] == "breached" and one["stopped_at"] is None]
        broken = {(one["name"], one["due_at"]) for one in unmet}
        if record["severity"] not in ("1", "A"):
            broken = {(name, due_at) for name, due_at in broken if name == "first_response"}
        for id_, clock in clocks.items():
            ladder = self._ladder(record["id"], clock)
            say = f"{record['number']} {clock['name']} due {clock['due_at']} {ladder.name}:"
            due = _AT(clock["due_at"])
            rungs = [(fact["data"]["policy"], fact["data"]["level"], fact["data"]["role"]) for fact in raised[id_]]
            ours = [(ladder.name, nth, role) for nth, (_, role) in enumerate(ladder.levels, 1)]
            if clock["side"] != "provider":
                self.holds(not rungs, say, "the customer's climbs", rungs)
            elif clock["name"] != "status_update":  # that one climbs by misses
                self.holds(rungs == ours[: len(rungs)], say, "climbed", rungs, "and should", ours)
                for fact, (after, _) in zip(raised[id_], ladder.levels, strict=False):
                    self.holds(_AT(fact["at"]) >= due + parse_duration(after), say, "too soon", fact["at"], after)
                reached = sum(due + parse_duration(after) <= self.walk.world.time.now() for after, _ in ladder.levels)
                if open_now and (clock["name"], clock["due_at"]) in broken:
                    self.holds(len(rungs) == reached, say, "raised", rungs, "of", reached)

    def _ladder(self, incident: str, clock: dict[str, Any]) -> Ladder:
        stored = {ladder.name: ladder for ladder in self._known[incident]}
        every = [*stored.values(), *([] if "default" in stored else [SHIPPED])]
        fitting = [ladder for ladder in every if ladder.fits(clock)]
        if not fitting:
            return SHIPPED
        return min(fitting, key=lambda one: (one.name == "default", -len(one.applies), one.name))
