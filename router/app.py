"""The router's composition root: nothing else builds its parts."""

from __future__ import annotations

from backbone.ground import Ground, Surroundings
from backbone.process.settings import Settings
from backbone.stage import Stage
from services.catalogue.parse import load
from services.contract.parse import build as build_contract
from services.roster import parse_override, parse_person, parse_rotation

from .assignments.calls import Calls
from .changes import api as changes_api
from .contracts import api as contracts_api
from .contracts import charges_api
from .decisions import api as decisions_api
from .decisions.handlers import HEARS, Decisions
from .decisions.retention import retention
from .keys import api as keys_api
from .metrics import Metrics
from .people import api as people_api
from .people import roster_api
from .people.roster import CurrentRoster
from .queues import api as queues_api

NAME = "router"
PARSERS = {
    "contract": build_contract, "person": parse_person, "rotation": parse_rotation, "override": parse_override,
}  # fmt: skip


def build(settings: Settings, around: Surroundings) -> tuple[Stage, Ground]:
    """The stage, and the ground it stands on."""
    ground = Ground.of(NAME, settings, around, hears=tuple(HEARS), parsers=PARSERS)
    catalogue = load(settings.catalogue)
    metrics = Metrics(around.registry, catalogue)
    roster = CurrentRoster(ground.directory)
    calls = Calls(roster, metrics.called)
    decisions = Decisions(ground.directory, catalogue, calls, metrics)

    async def freeze_the_catalogue() -> None:
        """Decisions name a version of the catalogue: everybody must be able to find it for ever."""
        async with ground.transactions() as tx:
            await ground.directory.put(tx, "catalogue", catalogue.version, dict(catalogue.raw), NAME)
        await ground.directory.refresh()

    stage = Stage(
        name=NAME,
        hears=HEARS,
        handle=decisions.handle,
        works=(retention(ground, metrics, settings.keep_days).work,),
        routes=(
            contracts_api.routes(ground, catalogue),
            charges_api.routes(ground, catalogue),
            decisions_api.routes(ground, catalogue),
            people_api.routes(ground),
            roster_api.routes(ground, catalogue, roster),
            keys_api.routes(ground),
            changes_api.routes(ground),
            queues_api.routes(ground, catalogue, calls),
        ),
        on_start=freeze_the_catalogue,
        # The last word on each object is never dropped with its day.
        before_drop=ground.directory.say_again,
    )
    return stage, ground
