"""Intake's composition root: nothing else builds its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from backbone.ground import Ground, Surroundings, lane_bell
from backbone.log.event import Event, Lane
from backbone.process.settings import Settings
from backbone.stage import Stage, Work
from services.catalogue.parse import load

from .actions.api import Actions
from .actions.api import routes as action_routes
from .actions.saying import Saying
from .audit import api as audit_api
from .audit.seals import seal_day
from .board.stream import BELL, Streams
from .board.waiting import Waiting
from .incidents import store as taken_store
from .incidents.accept import Accept, describe_accept
from .incidents.accepted import Accepting
from .incidents.api import Incidents
from .incidents.api import routes as incident_routes
from .incidents.group_commit import GroupCommit
from .metrics import Metrics
from .record.api import routes as record_routes
from .record.frozen import PARSERS, Frozen
from .record.handlers import flag_holds, handle_with
from .record.invariants import invariants
from .record.past import Past
from .record.store import keep_day

__all__ = ["build", "describe_accept"]

NAME = "intake"
#: Every type is of use to the record: each is a fact of the timeline.
HEARS: Mapping[str, None] = dict.fromkeys(("router", "escalation", "notifier"))


def build(settings: Settings, around: Surroundings) -> tuple[Stage, Ground]:
    """The stage, and the ground it stands on."""
    ground = Ground.of(
        NAME, settings, around, hears=tuple(HEARS), parsers=PARSERS,
        subjects="incident", makes_subjects=False,
    )  # fmt: skip
    catalogue = load(settings.catalogue)
    metrics = Metrics(around.registry, catalogue)
    waiting = Waiting()
    streams = Streams(ground.transactions, ground.directory, around.bell)

    def taken(items: Sequence[Accepting]) -> None:
        around.bell.ring({lane_bell(NAME, item.urgent) for item in items})
        for item in items:
            metrics.accepted(item.report.channel, item.report.impact)

    def told(events: Sequence[Event]) -> None:
        waiting.told({event.subject for event in events})
        around.bell.ring([BELL])

    commit = GroupCommit(ground.engine, [ground.direct(), ground.direct()], taken, settings.accept_queue)
    incidents = Incidents(ground, waiting)
    accept = Accept(commit, catalogue, around.time, incidents.reread)
    frozen = Frozen(ground.versions("router"), catalogue)
    saying = Saying(frozen)
    actions = Actions(ground, incidents, waiting, saying)

    async def show(lane: Lane) -> datetime | None:
        return around.time.now() if await streams.step() == 0.0 else None

    async def forget(lane: Lane) -> datetime | None:
        async with ground.transactions() as tx:
            more = await taken_store.forget(tx.connection, tx.now)
        return around.time.now() if more else None

    async def seal(lane: Lane) -> datetime | None:
        await seal_day(ground.transactions, around.time.now())
        return None

    stage = Stage(
        name=NAME,
        hears=HEARS,
        handle=handle_with(told, saying.settle, saying.follows),
        works=(
            Work("facts", show, lanes=(Lane.ORDINARY,)),
            Work("sealing", seal, lanes=(Lane.ORDINARY,), poll=60.0),
            Work("forgetting", forget, lanes=(Lane.ORDINARY,), poll=60.0),
        ),
        routes=(
            incident_routes(incidents, accept, catalogue),
            record_routes(incidents, Past(ground.transactions, frozen), streams),
            action_routes(actions),
            audit_api.routes(ground),
        ),
        hot={("POST", "/v1/incidents"): accept},
        invariants=invariants(ground),
        subjects="incident",
        makes_subjects=False,
        on_stop=commit.drain,
        before_drop=keep_day,
        on_hold=flag_holds,
    )
    return stage, ground
