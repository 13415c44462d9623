"""What every stage tells Prometheus about itself, declared once.

Labels come from the stages, the loops and closed lists, never from traffic.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

#: The invariants that every stage has.
UNHEARD = "event_unheard_for_a_minute"
NOT_HELD = "dead_letter_without_a_hold"


class Gauges:
    """The shared metrics of a process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.heard = Counter(
            "critsit_events_heard", "Events by what became of them.", ["stage", "outcome"], registry=registry
        )
        self.round = Histogram(
            "critsit_loop_round_seconds", "How long a loop's round takes.", ["stage", "loop"], registry=registry,
            buckets=(0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5),
        )  # fmt: skip
        self.pulse = Gauge(
            "critsit_loop_last_step_timestamp_seconds", "When a loop last came round.", ["stage", "loop"],
            registry=registry,
        )  # fmt: skip
        self.lag = Gauge("critsit_loop_lag_seconds", "How late the event loop runs.", registry=registry)
        self.dead = Gauge("critsit_dead_letters", "Events set aside.", ["stage"], registry=registry)
        self.outbox_age = Gauge(
            "critsit_outbox_oldest_unpublished_seconds", "Age of the oldest event that Kafka has not taken.", ["stage"],
            registry=registry,
        )  # fmt: skip
        self.outbox_default = Gauge(
            "critsit_outbox_default_partition_rows", "Events that no day's partition took.", ["stage"],
            registry=registry,
        )  # fmt: skip
        self.invariant = Gauge(
            "critsit_invariant", "Must be 0: how many break the rule.", ["stage", "name"], registry=registry
        )
        self.relayed = Counter("critsit_events_relayed", "Events that Kafka took.", ["stage"], registry=registry)
        self.kafka = Counter(
            "critsit_kafka_trouble", "What went wrong with Kafka.", ["stage", "kind"], registry=registry
        )

    def know(self, stage: str, invariants: Iterable[str] = ()) -> None:
        """Show a stage's series from the start, at 0; `invariants` are those of its own."""
        for outcome in ("handled", "repeats", "filled", "held", "lost", "poison", "unsaid"):
            self.heard.labels(stage, outcome)
        for gauge in (self.dead, self.outbox_age, self.outbox_default):
            gauge.labels(stage).set(0)
        for name in (UNHEARD, NOT_HELD, *invariants):
            self.invariant.labels(stage, name).set(0)
        self.relayed.labels(stage)
        for kind in ("unreachable", "refused", "unreadable"):
            self.kafka.labels(stage, kind)
