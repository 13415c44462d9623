"""The router's metrics: decisions by service and severity, calls by role; labels from the catalogue, all from 0."""

from __future__ import annotations

from typing import get_args

from prometheus_client import CollectorRegistry, Counter

from services.catalogue.model import Catalogue
from services.roster import Role


class Metrics:
    """Counts what the router decides."""

    def __init__(self, registry: CollectorRegistry, catalogue: Catalogue) -> None:
        self._routed = Counter("critsit_decisions", "Decisions made.", ["service", "severity"], registry=registry)
        self._called = Counter("critsit_calls", "People called for incidents.", ["role"], registry=registry)
        self.removed = Counter(
            "critsit_decisions_removed", "Decisions removed, since their incident was closed long ago.",
            registry=registry,
        )  # fmt: skip
        for service in catalogue.services:
            for severity in catalogue.severities:
                self._routed.labels(service.id, severity.id)
        for role in (*get_args(Role), "administrator"):
            self._called.labels(role)

    def routed(self, service: str, severity: str) -> None:
        """One more decision."""
        self._routed.labels(service, severity).inc()

    def called(self, role: str) -> None:
        """People of a role are called."""
        self._called.labels(role).inc()
