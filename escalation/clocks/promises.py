"""The promises of one incident in hand: its clocks as they change, and what is to be said and raised because of it.

No I/O: what is changed here is written, and said, by whoever opened it. A clock changes by the transitions alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import uuid_utils.compat as uuid_utils

from escalation.escalations.escalation import Escalation
from escalation.escalations.rapid import Call
from escalation.policies.rules import Versioned, choose, climbs_at, rung
from escalation.proposals.proposal import Outcome, Proposal, Settled
from events.codec import Fact
from events.escalations import (
    BY_CONTRACT,
    ClockBreached,
    ClockKept,
    ClockMet,
    ClockStarted,
    ClockSuperseded,
    ClockWarned,
)
from services.clocks import Proposal as Proposed
from services.decision import ClockTerms

from . import clock as transitions
from .clock import Clock, State
from .incident import Incident


@dataclass(slots=True)
class Promises:
    """One incident's clocks and what became of them in this transaction. `now` is its instant."""

    incident: Incident
    now: datetime
    urgent: bool
    policies: Sequence[Versioned] = ()
    clocks: dict[UUID, Clock] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    raised: list[Escalation] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    touched: set[UUID] = field(default_factory=set)
    #: (clock, outcome) for the metrics.
    outcomes: list[tuple[Clock, str]] = field(default_factory=list)
    changed: bool = False
    #: A clock that was stuck goes on.
    unstuck: bool = False

    def take_up(self, clock: Clock) -> None:
        """Take in a clock as it was kept. One that an earlier version brought to its end left its mark: it went on."""
        self.clocks[clock.id] = clock
        if clock.stuck and clock.next_at is None:
            self._move(clock)

    def open(self, *names: str, side: str | None = None) -> list[Clock]:
        """The clocks that are still to be met, oldest first: of these names, or of a side."""
        found = [c for c in self.clocks.values() if c.is_open and (not names or c.name in names)]
        return sorted((c for c in found if side is None or c.side == side), key=lambda c: (c.due_at, c.id))

    def running(self, *names: str) -> list[Clock]:
        """Those of them that are not overdue, as far as anybody has said."""
        return [c for c in self.open(*names) if c.state is State.RUNNING]

    def keep(self, **changes: object) -> None:
        """Keep what is known of the incident now."""
        kept = replace(self.incident, **changes)  # type: ignore[arg-type]
        if kept != self.incident:
            self.incident = kept
            self.changed = True

    def start(self, terms: ClockTerms, cause: str, *, silent: bool = False) -> Clock:
        """A clock runs."""
        clock = self._move(
            transitions.started(
                terms, self.incident.id, cause=cause, decision=self.incident.decisions,
                severity=self.incident.severity, urgent=self.urgent, silent=silent, under=self.incident.left,
            )
        )  # fmt: skip
        if not silent:
            self.facts.append(ClockStarted(clock.said(), cause))
        self.outcomes.append((clock, "started"))
        return clock

    def leave(self, contract: str) -> None:
        """The incident is under another contract from now on: what was promised so far was promised under this one.

        The watch for a first decision is the incident's own, whosever it is.
        """
        for clock in self.clocks.values():
            if clock.under is None and not (clock.name == transitions.UNROUTED and clock.state is State.RUNNING):
                self._mark(clock, contract)

    def take_along(self, clocks: Iterable[Clock]) -> None:
        """Clocks from before the incident came under its contract go on by its terms: who has it now is told of them."""
        for clock in clocks:
            if clock.under is not None:
                self.facts.append(ClockKept(self._mark(clock, None).said()))

    def done(self, clock: Clock, at: datetime, by: str) -> Clock:
        """What was promised was done at `at`: in time at or before due, also where a breach has been said already."""
        assert clock.is_open
        said_breached = clock.state is State.BREACHED
        if at <= clock.due_at:
            after = self._move(transitions.met(clock, at, by))
            if not clock.silent:
                self.facts.append(ClockMet(after.said(), at, by, correction=said_breached))
            self.outcomes.append((after, "corrected" if said_breached else "met"))
            return after
        if not said_breached:
            clock = self._breach(clock)
        after = self._move(transitions.met_late(clock, at, by))
        self.facts.append(ClockMet(after.said(), at, by, late=True))
        self.outcomes.append((after, "met_late"))
        return after

    def warn(self, clock: Clock) -> None:
        """80 % of its time is over."""
        after = self._move(transitions.warned(clock, self.now))
        self.facts.append(ClockWarned(after.said(), late=self.now - clock.warn_at > transitions.LATE))
        self.outcomes.append((after, "warned"))

    def breach(self, clock: Clock) -> Clock:
        """Due, and not met. A promise of the provider's climbs its ladder; one that repeats climbs by misses."""
        after = self._breach(clock)
        if after.side != "provider" or after.repeats:
            return after
        policy = self._policy(after)
        after = self._move(replace(after, next_at=climbs_at(policy.policy, 0, after.due_at)))
        return self.climb(after) if after.next_at is not None and after.next_at <= self.now else after

    def climb(self, clock: Clock, level: int | None = None) -> Clock:
        """Raise the next level of the clock's ladder, or `level`; the one after it is due when the policy says so."""
        policy = self._policy(clock)
        step = rung(policy.policy, level or clock.level + 1, clock.due_at)
        after = self._move(replace(clock, level=step.level, next_at=None if clock.repeats else step.next_at))
        again = f", level {step.level}" if step.level > 1 else ""
        self._raise(
            Escalation(
                id=uuid_utils.uuid7(), incident=self.incident.id, role=step.role, level=step.level,
                reason=f"{transitions.why_breached(clock)}{again}", policy=policy.policy.name,
                policy_version=policy.version, raised_at=self.now, clock=clock.id, clock_name=clock.name,
                rule=clock.rule,
            )
        )  # fmt: skip
        return after

    def call(self, call: Call) -> None:
        """A team is called in, or somebody is told, since the contract says so."""
        self._raise(
            Escalation(
                id=uuid_utils.uuid7(), incident=self.incident.id, role=call.role, level=1, reason=call.reason,
                policy=BY_CONTRACT, policy_version=0, raised_at=self.now, rule=call.rule,
            )
        )  # fmt: skip
        self.keep(called=(*self.incident.called, call.team))

    def send_for(self, clock: Clock) -> None:
        """On-site resources are called for at the instant that was promised (BASE-ONSITE); after an outage, late."""
        self.done(clock, self.now if clock.is_late(self.now) else clock.due_at, "escalation")
        self._raise(
            Escalation(
                id=uuid_utils.uuid7(), incident=self.incident.id, role=self._policy(clock).policy.levels[0].role,
                level=1, reason="on-site resources are called for now: the customer has agreed to them",
                policy=BY_CONTRACT, policy_version=0, raised_at=self.now, rule=clock.rule,
            )
        )  # fmt: skip

    def supersede(self, clocks: Iterable[Clock], reason: str, at: datetime) -> None:
        """Close running clocks, since something happened at `at`; what was over by then is breached, and stays that."""
        for clock in clocks:
            if at > clock.due_at:
                self._breach(clock)
                continue
            after = self._move(transitions.superseded(clock, self.now, reason))
            if not clock.silent:
                self.facts.append(ClockSuperseded(after.said(), reason))
            self.outcomes.append((after, "superseded"))

    def rest(self, clocks: Iterable[Clock]) -> None:
        """Let breached clocks climb no further: their breach stays on the record."""
        for clock in clocks:
            if clock.state is State.BREACHED and clock.next_at is not None:
                self._move(transitions.rested(clock))

    def postpone(self, clock: Clock, until: datetime) -> None:
        """Look again at `until`: what may have met it is on its way here."""
        self._move(replace(clock, next_at=until))

    def propose(self, clock: Clock, proposed: Proposed) -> None:
        """Propose a downgrade, unless one about the same is open."""
        if proposed.about in self.incident.proposed:
            return
        proposal = Proposal(
            id=uuid_utils.uuid7(), incident=self.incident.id, clock=clock.id, about=proposed.about,
            towards=proposed.to, rule=proposed.rule, proposed_at=self.now, automatic=proposed.automatic,
            reason=f"The customer's answer was due at {clock.due_at:%H:%M:%S} UTC on {clock.due_at:%Y-%m-%d} and is"
            f" not there ({clock.rule}).",
        )  # fmt: skip
        self.proposals.append(proposal)
        self.facts.append(proposal.said())
        self.keep(proposed=(*self.incident.proposed, proposed.about))

    @property
    def mended(self) -> bool:
        """Whether the last of the clocks that were stuck went on."""
        return self.unstuck and not any(clock.stuck for clock in self.clocks.values())

    def settle(self, outcome: Outcome, by: str, reason: str) -> None:
        """End the open proposals."""
        if self.incident.proposed:
            self.settled.append(Settled(self.incident.id, outcome, self.now, by, reason))
            self.keep(proposed=())

    def _breach(self, clock: Clock) -> Clock:
        reason = transitions.why_breached(clock)
        after = self._move(transitions.breached(clock, self.now, reason))
        self.facts.append(ClockBreached(after.said(), clock.is_late(self.now), reason))
        self.outcomes.append((after, "breached"))
        return after

    def _policy(self, clock: Clock) -> Versioned:
        return choose(self.policies, clock.name, clock.severity)

    def _raise(self, escalation: Escalation) -> None:
        self.raised.append(escalation)
        self.facts.append(escalation.said())

    def _mark(self, clock: Clock, contract: str | None) -> Clock:
        after = self.clocks[clock.id] = replace(clock, under=contract)
        self.touched.add(clock.id)
        return after

    def _move(self, clock: Clock) -> Clock:
        if clock.stuck:
            clock, self.unstuck = replace(clock, stuck=False), True
        self.clocks[clock.id] = clock
        self.touched.add(clock.id)
        return clock
