"""Escalation's composition root: the one place where its parts are put together."""

from __future__ import annotations

from backbone.ground import Ground, Surroundings
from backbone.log.event import Fact
from backbone.log.tx import Tx
from backbone.process.settings import Settings
from backbone.stage import Stage, Work
from escalation.clocks import api as clocks_api
from escalation.clocks.due import DueClocks
from escalation.clocks.frozen import PARSERS, Frozen
from escalation.clocks.handlers import HEARS, Handlers
from escalation.clocks.retention import retention
from escalation.clocks.store import unmark
from escalation.escalations import api as escalations_api
from escalation.invariants import invariants
from escalation.metrics import Metrics
from escalation.policies import api as policies_api
from escalation.policies.frozen import Policies
from escalation.proposals import api as proposals_api
from events.incidents import IncidentMended
from services.catalogue.parse import load

NAME = "escalation"
CLOCKS = "clocks"


def build(settings: Settings, around: Surroundings) -> tuple[Stage, Ground]:
    """The stage, and the ground that it stands on. Raises SettingsError, CatalogueFaults."""
    ground = Ground.of(NAME, settings, around, hears=tuple(HEARS), parsers=PARSERS)
    catalogue = load(settings.catalogue)
    metrics, policies = Metrics(around.registry, catalogue), Policies()
    frozen = Frozen(ground.versions("router"), catalogue)
    handlers = Handlers(frozen, policies, metrics, lambda: ground.wake(CLOCKS))

    async def ask_anew(tx: Tx, subject: str, fact: Fact) -> None:
        if isinstance(fact, IncidentMended):
            await unmark(tx, subject)

    stage = Stage(
        name=NAME,
        hears=HEARS,
        handle=handlers.handle,
        patience=0.1,
        works=(
            Work(CLOCKS, DueClocks(ground, frozen, policies, metrics).step),
            retention(ground, metrics, settings.keep_days).work,
        ),
        routes=(
            clocks_api.routes(ground),
            escalations_api.routes(ground),
            proposals_api.routes(ground),
            policies_api.routes(ground, catalogue),
        ),
        invariants=invariants(ground),
        on_hold=ask_anew,
    )
    return stage, ground
