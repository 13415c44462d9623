"""That who is on call is who the rotas and overrides say, and that an incident keeps what it was opened under: the
catalogue, and the contract until a correction names it anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.harness.walk import PEOPLE, Walk
from tests.harness.walk_around import SLOWER

_AT = datetime.fromisoformat
#: Services that come with the base package.
_WITH_THE_BASE = {"base", "github", "advisory", "hotfix"}


@dataclass
class Directory:
    """`holds` notes what does not; `_slower` are the incidents by whether the slower catalogue holds for them, `_bought` by
    the services of their contract."""

    walk: Walk
    holds: Callable[..., None]
    _slower: dict[str, bool] = field(default_factory=dict)
    _bought: dict[str, frozenset[str]] = field(default_factory=dict)

    def holds_to_what_it_was(self, record: dict[str, Any]) -> None:
        """Whatever was signed later, whatever the router was started with, and whatever was decided anew."""
        if record["id"] in self.walk.corrected:
            self.walk.corrected.discard(record["id"])
            self._bought.pop(record["id"], None)
        current = self.walk.bought.get(record["contract"], self.walk.bought["WO-1"])
        bought = self._bought.setdefault(record["id"], current)
        say = f"{record['number']}, opened when the contract had {sorted(bought)}:"
        self.holds(record["service"] in bought | _WITH_THE_BASE, say, record["service"])
        sure = (
            "event-management" not in bought and record["queue"] != "entitlement-review" and record["kind"] == "problem"
        )
        if sure and record["portal"] == "azure-portal" and str(record["product"]).startswith("azure/"):
            self.holds((record["service"] == "rapid-response") == ("rapid-response" in bought), say, record["service"])
        slower = self._slower.setdefault(record["id"], self.walk.catalogue is not None)
        others = set(SLOWER) if slower else set(SLOWER.values())
        owed = [(clock["name"], clock["target"]) for clock in record["clocks"]]
        say = f"{record['number']}, opened under the {'slower' if slower else 'shipped'} catalogue:"
        self.holds(not others.intersection(target for _, target in owed), say, owed)

    async def is_as_it_was_stored(self) -> None:
        """Who is on call now."""
        for standing in (await self.walk.world.gets("/v1/roster"))["on_call"]:
            told = {person["id"] for person in standing["people"]}
            ours = self.on_call(standing["role"], self.walk.world.time.now())
            self.holds(told == ours, "on call as", standing["role"], "is", told, "and should be", ours)

    def on_call(self, role: str, at: datetime) -> set[str]:
        """Those of a role, by the rotas and overrides that the walk has stored."""
        found: set[str] = set()
        for name, rota in self.walk.rotas.items():
            if rota["role"] != role:
                continue
            # The only hours that a walk gives: Mondays from eight to nine, UTC.
            manned = "hours" not in rota or (at.weekday() == 0 and at.hour == 8)
            standing = set(rota["members"]) if manned else set()
            for _, override in sorted(self.walk.overrides.items(), key=lambda one: (one[1]["from"], one[0])):
                if override["rotation"] == name and _AT(override["from"]) <= at < _AT(override["to"]):
                    instead = override["replaces"]
                    if instead is None or instead in standing:
                        standing = standing - {instead} | {override["person"]}
            found |= standing
        return found & set(PEOPLE)
