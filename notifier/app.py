"""The notifier's composition root: the one place where its parts are put together.

Nothing else here builds channels, metrics or transactions.
"""

from __future__ import annotations

from datetime import timedelta

from backbone.ground import Ground, Surroundings
from backbone.log.event import Lane
from backbone.process.settings import Settings
from backbone.stage import Stage, Work
from notifier.acknowledgement import api as acknowledgement_api
from notifier.acknowledgement.act import Acts
from notifier.acknowledgement.token import Links
from notifier.callbacks import api as callbacks_api
from notifier.mailbox import api as mailbox_api
from notifier.mailbox.store import MailboxDraft
from notifier.metrics import Metrics
from notifier.pages import api as pages_api
from notifier.pages.beat import Beats
from notifier.pages.due import Dispatch
from notifier.pages.handlers import HEARS, Handlers
from notifier.pages.invariants import invariants
from notifier.pages.people import PARSERS, People
from notifier.pages.record import Recorder
from notifier.pages.retention import retention
from notifier.pages.sender import Sender
from notifier.pages.stuck import OwnHolds
from notifier.rules.ladder import Ladder
from notifier.settings import callback_url, channels_of

NAME = "notifier"


def build(settings: Settings, around: Surroundings) -> tuple[Stage, Ground]:
    """The stage, and the ground that it stands on. Raises SettingsError."""
    drafts = MailboxDraft()
    channels = channels_of(settings, drafts.keep)
    ground = Ground.of(NAME, settings, around, hears=tuple(HEARS), parsers=PARSERS)
    metrics, ladder = Metrics(around.registry), Ladder(step=timedelta(seconds=settings.page_step_seconds))
    people = People(ground.directory, channels)
    links = Links(ground.transactions, settings.public_url, around.time.now)

    def wake() -> None:
        ground.wake("send")

    dispatch = Dispatch(people, metrics, ladder, around.holder)
    sender = Sender(ground, dispatch, Recorder(metrics, ladder, drafts, around.holder), links)
    acts = Acts(ground, people, metrics, ladder, wake)
    own_holds = OwnHolds(ground, people, metrics)
    stage = Stage(
        name=NAME,
        hears=HEARS,
        handle=Handlers(people, metrics, wake).handle,
        patience=0.1,
        works=(
            Work("send", sender.step),
            Work("beat", Beats(ground, sender).step, lanes=(Lane.URGENT,), poll=0.5),
            Work("own-holds", own_holds.step, lanes=(Lane.URGENT,), poll=1.0),
            retention(ground, metrics, settings.keep_days).work,
        ),
        routes=(
            pages_api.routes(ground, acts),
            mailbox_api.routes(ground),
            acknowledgement_api.routes(ground, acts, links),
            callbacks_api.routes(
                ground, acts, metrics, token=settings.secret("twilio_token"), url=callback_url(settings),
                wake=wake,
            ),
        ),
        invariants=invariants(ground),
        on_stop=sender.stop,
        on_hold=own_holds.mended,
    )  # fmt: skip
    return stage, ground
