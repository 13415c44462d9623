"""Which service fits: the first whose conditions hold, and what was found and noted on the way to it.

The last service of a catalogue fits everything, so that no incident is left without one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from services.catalogue.conditions import Case, Fails, Holds, under_way
from services.catalogue.model import Catalogue, Flagged
from services.catalogue.service import Service, Severity
from services.contract.model import Event, Solution
from services.decision import PassedOver


@dataclass(slots=True)
class Notes:
    """What gathers on the way to a decision: rules, flags, words for the customer, services passed over."""

    because: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    tells: list[str] = field(default_factory=list)
    passed: list[PassedOver] = field(default_factory=list)

    def rule(self, *rules: str) -> None:
        self.because += [rule for rule in rules if rule not in self.because]

    def flag(self, flagged: Flagged) -> None:
        self.rule(flagged.rule)
        if flagged.flag not in self.flags:
            self.flags.append(flagged.flag)

    def fails(self, service: Service, failed: Fails, *, flags: bool = True) -> None:
        self.passed.append(PassedOver(service=service.id, rule=failed.rule, why=failed.why))
        if flags and failed.flag is not None:
            self.flag(Flagged(rule=failed.rule, flag=failed.flag))
            if failed.tell:
                self.tells.append(failed.tell)


@dataclass(frozen=True, slots=True)
class Fit:
    """A service that fits, and what its conditions found. `under`: who speaks where its exhibit is silent."""

    service: Service
    event: Event | None = None
    solution: Solution | None = None
    in_event: bool = False
    under: Fit | None = None

    @property
    def speaks(self) -> bool:
        """Whether the service's own terms hold now: an event's do while it is under way."""
        return self.in_event or not self.service.during_only

    def speaking(self, catalogue: Catalogue) -> list[Service]:
        """Whose terms hold, the narrowest first: the service's, who speaks below its exhibit, the base package's."""
        parts = [part for part in (self, self.under) if part is not None and part.speaks]
        return [*(part.service for part in parts), catalogue.services[-1]]


def _fits(service: Service, case: Case) -> Fit | Fails:
    """Ask the service's conditions in their order; the first that fails says why."""
    event: Event | None = None
    solution: Solution | None = None
    for condition in service.conditions:
        match condition.ask(case):
            case Fails() as failed:
                return failed
            case Holds(Event() as found):
                event = found
            case Holds(Solution() as found):
                solution = found
    return Fit(service, event, solution, event is not None and under_way(event, case.at))


def first_that_fits(case: Case, services: tuple[Service, ...], notes: Notes) -> Fit:
    """The first service whose conditions hold; the last one always does. Those passed over leave their flags."""
    for service in services:
        answer = _fits(service, case)
        if isinstance(answer, Fit):
            return answer
        notes.fails(service, answer)
    raise AssertionError("the catalogue's last service fits everything")


def with_next(
    fit: Fit, case: Case, catalogue: Catalogue, rest: tuple[Service, ...], level: Severity, notes: Notes
) -> Fit:
    """A solution's exhibit, over the next service that fits at the same severity (MISSION): it lends its times only."""
    for service in rest:
        answer = _fits(service, case)
        if isinstance(answer, Fails):
            notes.fails(service, answer, flags=False)
        elif answer.speaks or ((outside := outside_severity(answer, catalogue)) is not None and outside[0] == level):
            return Fit(fit.service, fit.event, fit.solution, answer.in_event, answer)
    raise AssertionError("the catalogue's last service fits everything")


def outside_severity(fit: Fit, catalogue: Catalogue) -> tuple[Severity, str] | None:
    """The severity that an event's window sets before and after the event itself (AEM-PREPOST)."""
    if fit.event is None or fit.in_event:
        return None
    for condition in fit.service.conditions:
        if condition.test == "event":
            return catalogue.severity(condition.outside_severity), condition.outside_rule
    return None
