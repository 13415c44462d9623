"""Attainment: what was promised and kept, per clock and severity, each breach with its incident, rule and reason.

A promise counts once, in the period in which it was settled: kept when it was kept, broken when it was due. So a month
that is over stays as it was told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Attainment:
    """One clock at one severity. `met_at` of a breach: when it was done after all, None while it was not."""

    clock: str
    severity: str
    met: int = 0
    breached: int = 0
    breaches: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Attained:
    """Adds up what was settled in [since, before), an incident after the other."""

    since: datetime | None = None
    before: datetime | None = None
    _found: dict[tuple[str, str], Attainment] = field(default_factory=dict)

    def add(self, id_: str, number: str, severity: str | None, clocks: list[dict[str, Any]]) -> None:
        """An incident's clocks that were met or breached; others promise nothing yet, or no more."""
        for clock in clocks:
            met = clock["state"] == "met"
            settled = datetime.fromisoformat(clock["stopped_at"] if met else clock["due_at"])
            if (self.since is not None and settled < self.since) or (
                self.before is not None and settled >= self.before
            ):
                continue
            key = (clock["name"], clock.get("severity") or severity or "")
            item = self._found.setdefault(key, Attainment(*key))
            if met:
                item.met += 1
                continue
            item.breached += 1
            item.breaches.append(
                {
                    "incident": id_, "number": number, "rule": clock["rule"], "due_at": clock["due_at"],
                    "met_at": clock.get("met_at"), "reason": clock.get("reason") or "not done by then",
                }
            )  # fmt: skip

    def items(self) -> list[Attainment]:
        """By clock and severity."""
        return [self._found[key] for key in sorted(self._found)]
