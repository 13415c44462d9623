"""Says what an action led to, and settles what was taken before the route once it is there.

What waited is judged by the very function that judges it at once; the timeline tells of each what became of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from backbone.log.event import Event
from backbone.log.tx import Tx
from backbone.postgres.connection import Connection
from events.assignments import IncidentRouted
from events.codec import Fact
from events.incidents import EffortAnnounced, IncidentCorrected, RequestRefused
from services.catalogue.model import Catalogue
from services.permit import is_near
from services.refused import Refused

from ..record.frozen import Frozen
from ..record.handlers import Follow
from ..record.moves import leave
from ..record.project import PROPOSED, project
from ..record.record import Record
from .bodies import DowngradeDecision
from .rules import Scene, judge
from .table import BY_PATH

#: Who accepts what nobody was asked for.
BY_ITSELF = "critsit"
#: Why what was asked for before the route is not settled with it.
_ANOTHERS = "the incident has come under another contract"


@dataclass(frozen=True, slots=True)
class Saying:
    """Sets the scene of an action, and says its facts; `frozen` finds what a decision was made under."""

    frozen: Frozen

    async def scene(
        self, record: Record, now: datetime, *, connection: Connection | None = None, waited: bool = False
    ) -> Scene:
        """What an action on the record is judged by. Raises Unavailable while its contract is not known here."""
        inputs = record.view.get("inputs")
        live = self.frozen.live(record.contract)
        contract = live if inputs is None else await self.frozen.contract(inputs, connection)
        return Scene(record, await self.frozen.catalogue(inputs, connection), contract, now, live, waited)

    def say(
        self, tx: Tx, record: Record, said: Sequence[Fact], catalogue: Catalogue, cause: Event | None = None
    ) -> None:
        """Say facts of a locked incident; its record follows them."""
        for fact in said:
            if isinstance(fact, IncidentCorrected) and fact.report.contract != record.contract:
                self._leave(tx, record, fact.left, catalogue)
            tx.say(fact, record.id, urgent=_is_urgent(fact, catalogue) or None, cause=cause)
            project(record, fact.type, _plain(fact), tx.now)

    def _leave(self, tx: Tx, record: Record, contract: str | None, catalogue: Catalogue) -> None:
        """It comes under another contract: what this one's customer asked for and waits for the route ends before that."""
        row, held = tx.subjects[record.id], record.view.pop("held", [])
        theirs = [w for w in held if contract is not None and BY_PATH[w["request"]].for_customers]
        refused = [RequestRefused(w["body"]["by"], w["request"], None, _ANOTHERS) for w in theirs]
        self.say(tx, record, refused, catalogue)
        if kept := [waiting for waiting in held if waiting not in theirs]:
            record.view["held"] = kept
        leave(record, contract, row.said, row.heard)

    async def settle(self, tx: Tx, record: Record, held: Sequence[dict[str, Any]], cause: Event) -> None:
        """Judge what waited for the route, in the order in which it came."""
        for waiting in held:
            action = BY_PATH[waiting["request"]]
            body = TypeAdapter(action.body).validate_python(waiting["body"])
            asked_at = datetime.fromisoformat(waiting["asked_at"])
            scene = await self.scene(record, asked_at, connection=tx.connection, waited=True)
            found = judge(action, scene, body)
            if isinstance(found, Refused):
                found = [RequestRefused(body.by, action.path, found.rule, found.reason)]
            self.say(tx, record, found, scene.catalogue, cause)

    @property
    def follows(self) -> Mapping[str, Follow]:
        """What is said because of other stages' facts, by their type."""
        return {PROPOSED: self.proposed, IncidentRouted.TYPE: self.routed}

    async def routed(self, tx: Tx, record: Record, cause: Event, data: dict[str, Any]) -> None:
        """A decision may bring a limit that is near already (ADV): it is announced at once."""
        terms, effort = data["decision"]["terms"], int(record.view.get("effort_minutes", 0))
        limit = terms.get("advisory_limit")
        if limit is None or record.view.get("announced") == limit:
            return
        catalogue = await self.frozen.catalogue(record.view["inputs"], tx.connection)
        if is_near(limit, effort, catalogue):
            self.say(tx, record, [EffortAnnounced(effort, limit, terms["advisory_rule"])], catalogue, cause)

    async def proposed(self, tx: Tx, record: Record, cause: Event, data: dict[str, Any]) -> None:
        """A downgrade was proposed: where the operator has it so, it is accepted at once, as a person would."""
        if not data.get("automatic"):
            return
        body = DowngradeDecision(by=BY_ITSELF, decision="accept", reason="automatic, as the operator has it")
        scene = await self.scene(record, tx.now, connection=tx.connection)
        found = judge(BY_PATH["downgrade-decisions"], scene, body)
        if not isinstance(found, Refused):
            self.say(tx, record, found, scene.catalogue, cause)


def _is_urgent(fact: Fact, catalogue: Catalogue) -> bool:
    """A raised severity overtakes the rest at once, before the route says so."""
    impact, severity = getattr(fact, "impact", None), getattr(fact, "severity", None)
    if impact is not None and catalogue.by_impact[impact].urgent:
        return True
    return isinstance(severity, str) and catalogue.is_urgent(severity)


def _plain(fact: Fact) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(fact.to_json())
    return found
