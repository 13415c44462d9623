"""Attainment: what was promised and kept, per clock and severity, each breach with its incident, rule and reason.

A promise counts once, in the while in which it was settled: kept when it was kept, broken when it was due. So a month
that is over stays as it was told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .record import Record


@dataclass(slots=True)
class Attainment:
    """One clock at one severity. `met_at` of a breach: when it was done after all, None while it was not."""

    clock: str
    severity: str
    met: int = 0
    breached: int = 0
    breaches: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The item in api.md's shape."""
        return {
            "clock": self.clock, "severity": self.severity, "met": self.met, "breached": self.breached,
            "breaches": self.breaches,
        }  # fmt: skip


def attainment(
    records: Iterable[Record], since: datetime | None = None, before: datetime | None = None
) -> list[Attainment]:
    """Add up what was settled in [since, before); running and superseded clocks promise nothing yet, or no more."""
    found: dict[tuple[str, str], Attainment] = {}
    for record in records:
        for clock in record.view.get("clocks", []):
            if clock["state"] not in ("met", "breached"):
                continue
            settled = datetime.fromisoformat(clock["stopped_at"] if clock["state"] == "met" else clock["due_at"])
            if (since is not None and settled < since) or (before is not None and settled >= before):
                continue
            severity = clock.get("severity") or record.severity or ""
            key = (clock["name"], severity)
            item = found.setdefault(key, Attainment(*key))
            if clock["state"] == "met":
                item.met += 1
                continue
            item.breached += 1
            item.breaches.append(
                {
                    "incident": record.id, "number": record.number, "rule": clock["rule"], "due_at": clock["due_at"],
                    "met_at": clock.get("met_at"), "reason": clock.get("reason") or "not done by then",
                }
            )  # fmt: skip
    return [found[key] for key in sorted(found)]
