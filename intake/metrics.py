"""Intake's metrics: what was taken, by channel and impact. Labels from the catalogue and closed lists, all from 0."""

from __future__ import annotations

from typing import get_args

from prometheus_client import CollectorRegistry, Counter

from services.catalogue.model import Catalogue
from services.report import Channel


class Metrics:
    """Counts what intake takes."""

    def __init__(self, registry: CollectorRegistry, catalogue: Catalogue) -> None:
        accepted = Counter(
            "critsit_incidents_accepted", "Incidents that are durable.", ["channel", "impact"], registry=registry
        )
        self._accepted = {
            (channel, impact): accepted.labels(channel, impact)
            for channel in get_args(Channel)
            for impact in catalogue.by_impact
        }

    def accepted(self, channel: str, impact: str) -> None:
        """One more incident is durable."""
        self._accepted[channel, impact].inc()
