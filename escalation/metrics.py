"""What escalation tells Prometheus: what became of clocks, how late breaches were noticed, what was raised.

Labels come from the catalogue and from closed lists; every series is there from the start, at 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram

from escalation.clocks.clock import Clock, clock_names
from services.catalogue.model import Catalogue

OUTCOMES = ("started", "warned", "met", "met_late", "breached", "corrected", "superseded")
#: A clock of another catalogue than the one that is loaded.
OTHER = "other"


class Metrics:
    """Escalation's own metrics; counted once a transaction has committed."""

    def __init__(self, registry: CollectorRegistry, catalogue: Catalogue) -> None:
        self.clocks = Counter(
            "critsit_clocks", "Clocks by what became of them.", ["name", "side", "outcome"], registry=registry
        )
        self.removed = Counter(
            "critsit_clocks_removed", "Clocks removed, since their incident was closed long ago.", registry=registry
        )
        self.lateness = Histogram(
            "critsit_clock_breach_noticed_seconds", "From the due instant to the notice of a breach.",
            registry=registry, buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
        )  # fmt: skip
        self._known = frozenset(clock_names(catalogue))
        for name, side in sorted(self._known | {(OTHER, "provider"), (OTHER, "customer")}):
            for outcome in OUTCOMES:
                self.clocks.labels(name, side, outcome)

    def count(self, outcomes: Sequence[tuple[Clock, str]], now: datetime) -> None:
        """Count what became of clocks at `now`."""
        for clock, outcome in outcomes:
            name = clock.name if (clock.name, clock.side) in self._known else OTHER
            self.clocks.labels(name, clock.side, outcome).inc()
            if outcome == "breached":
                self.lateness.observe(max(0.0, (now - clock.due_at).total_seconds()))
