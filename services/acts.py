"""What people do to an incident, and how an incident stands when they do: what `permit` judges.

The acts are a closed union: a new one is not forgotten where they are judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from services.contract.model import Contract
from services.decision import Decision

State = Literal["open", "resolved", "closed"]


@dataclass(frozen=True, slots=True)
class Work:
    """Something done to an incident in hand. `what` completes "reopen it first, to …"; `after_resolution`: then too."""

    what: str
    after_resolution: bool = False


RESPOND = Work("respond", after_resolution=True)
UPDATE = Work("give a status update")
ASK = Work("ask the customer")
REPLY = Work("reply", after_resolution=True)
CORRECT = Work("correct it", after_resolution=True)
HAND_OVER = Work("hand it over")
RESOLVE = Work("resolve it")


@dataclass(frozen=True, slots=True)
class ChangeSeverity:
    """The customer states another impact, or a person of the provider assesses the severity (SEV-CHANGE)."""


@dataclass(frozen=True, slots=True)
class HandOverCrisis:
    """The crisis goes to another crisis manager, by hand (BASE-CM)."""


@dataclass(frozen=True, slots=True)
class NotifyExecutives:
    """The executives of one side: `provider` or `customer`."""

    side: str


@dataclass(frozen=True, slots=True)
class ConsentToOnsite:
    """The customer agrees to on-site resources, at the location that its report named (None: it named none)."""

    location: str | None = None


@dataclass(frozen=True, slots=True)
class AskManagement:
    """Management attention at the customer's request (RSM-BC, RSM-ADDON)."""


@dataclass(frozen=True, slots=True)
class DecideDowngrade:
    """Settles a proposal (SEV-DOWNGRADE)."""


@dataclass(frozen=True, slots=True)
class AskRootCause:
    """A root cause analysis (RCA, AEM-RCA)."""


@dataclass(frozen=True, slots=True)
class RecordEffort:
    """Minutes of work, on top of those recorded (ADV)."""

    minutes: int


@dataclass(frozen=True, slots=True)
class Close:
    """It is over."""


@dataclass(frozen=True, slots=True)
class Reopen:
    """It is not over."""


Act = (
    Work | ChangeSeverity | HandOverCrisis | NotifyExecutives | ConsentToOnsite | AskManagement | DecideDowngrade
    | AskRootCause | RecordEffort | Close | Reopen
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the incident stands. `decision` None: not routed yet; `contract`: the one it was decided under; before
    the routing the one that it names.

    `of_an_event`: it was of 1 or A during an event of its contract's; `effort`: the minutes recorded so far; `left`:
    balances by name as they are now, in their units.
    """

    state: State
    now: datetime
    decision: Decision | None = None
    contract: Contract | None = None
    closed_at: datetime | None = None
    of_an_event: bool = False
    effort: int = 0
    proposal_open: bool = False
    left: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Allowed:
    """It may happen, by `rule` where one provides for it.

    `pending`: taken before the routing, to be judged again then. `draws`: the balance that it is drawn from.
    `announce`: a limit is near, and is told now.
    """

    rule: str | None = None
    pending: bool = False
    draws: str | None = None
    announce: bool = False
