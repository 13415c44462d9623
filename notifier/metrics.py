"""What the notifier tells Prometheus: pages, attempts, and how long people wait for the first one.

Labels come from closed lists; every series is there from the start, at 0.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from backbone.log.tx import Tx
from notifier.pages.page import Purpose

OUTCOMES = ("requested", "acknowledged", "declined", "exhausted", "cancelled")
CHANNELS = ("mailbox", "email", "sms", "voice", "webhook")
ATTEMPTS = ("sent", "delivered", "failed")


class Metrics:
    """The notifier's own metrics; counted once a transaction has committed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.pages = Counter(
            "critsit_pages", "Pages by purpose and by what became of them.", ["purpose", "outcome"], registry=registry
        )
        self.attempts = Counter(
            "critsit_page_attempts", "Attempts by channel and outcome.", ["channel", "outcome"], registry=registry
        )
        self.repeats = Counter(
            "critsit_page_repeats", "Attempts that may have left before.", ["channel"], registry=registry
        )
        self.removed = Counter(
            "critsit_pages_removed", "Pages removed, since their incident was closed long ago.", registry=registry
        )
        self.first = Histogram(
            "critsit_page_first_attempt_seconds", "From the request of a page to its first attempt.", ["purpose"],
            registry=registry, buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60),
        )  # fmt: skip
        for purpose in Purpose:
            self.first.labels(purpose.value)
            for outcome in OUTCOMES:
                self.pages.labels(purpose.value, outcome)
        for channel in CHANNELS:
            self.repeats.labels(channel)
            for outcome in ATTEMPTS:
                self.attempts.labels(channel, outcome)

    def became(self, purpose: Purpose, outcome: str, tx: Tx) -> None:
        """Count what became of a page, once `tx` is committed."""
        tx.committed.append(self.pages.labels(purpose.value, outcome).inc)

    def tried(self, channel: str, outcome: str, repeat: bool, tx: Tx) -> None:
        """Count an attempt, once `tx` is committed."""
        tx.committed.append(self.attempts.labels(channel, outcome).inc)
        if repeat:
            tx.committed.append(self.repeats.labels(channel).inc)
