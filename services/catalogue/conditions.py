"""The mechanisms by which a service fits an incident or does not: a closed union, each answering Holds or Fails.

The catalogue says which service uses which of them, with which names; none of its names stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from services.contract.model import Contract, Event, Solution
from services.durations import parse_duration
from services.report import Report

from .products import Groups, matches

_STRICT = ConfigDict(extra="forbid")
Duration = Annotated[timedelta, BeforeValidator(lambda v: parse_duration(v) if isinstance(v, str) else v)]


@dataclass(frozen=True, slots=True)
class Holds:
    """The condition holds; `found` is the event or the solution that it found."""

    found: Event | Solution | None = None


@dataclass(frozen=True, slots=True)
class Fails:
    """It does not: by which rule, why in words, and the flag where somebody must know."""

    rule: str
    why: str
    flag: str | None = None
    tell: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What conditions look at: the report, the contract, the instant, and what the catalogue calls its products."""

    report: Report
    contract: Contract
    at: datetime
    groups: Groups


@dataclass(frozen=True, slots=True)
class Bought:
    """The work order has the service."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    test: Literal["bought"]
    service: str
    rule: str
    flag: str | None = None
    tell: str | None = None

    def ask(self, case: Case) -> Holds | Fails:
        """Holds where it was bought."""
        if case.contract.bought(self.service):
            return Holds()
        return Fails(self.rule, f"{self.service} was not bought", self.flag, self.tell)


@dataclass(frozen=True, slots=True)
class KindIs:
    """The request is of one of these kinds."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    test: Literal["kind"]
    kinds: tuple[str, ...]
    rule: str

    def ask(self, case: Case) -> Holds | Fails:
        """Holds where the kind is among them."""
        if case.report.kind in self.kinds:
            return Holds()
        return Fails(self.rule, f"it takes requests of kind {' or '.join(self.kinds)}, not {case.report.kind}")


@dataclass(frozen=True, slots=True)
class ProductCovered:
    """The product is covered by a group, and not excluded from it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    test: Literal["product"]
    group: str
    rule: str
    flag: str | None = None
    tell: str | None = None

    def ask(self, case: Case) -> Holds | Fails:
        """Holds where the group has it."""
        if case.groups.has(self.group, case.report.product):
            return Holds()
        product = case.report.product or "a product that was not named"
        return Fails(self.rule, f"it does not cover {product}", self.flag, self.tell)


@dataclass(frozen=True, slots=True)
class PortalDemanded:
    """It came through one portal."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    test: Literal["portal"]
    portal: str
    rule: str
    flag: str | None = None
    tell: str | None = None

    def ask(self, case: Case) -> Holds | Fails:
        """Holds where the channel is a portal, and this one."""
        if came_through(case.report, self.portal):
            return Holds()
        return Fails(self.rule, f"it takes requests through {self.portal} only", self.flag, self.tell)


@dataclass(frozen=True, slots=True)
class ListedUser:
    """The reporter is one of the users that the work order lists, or it lists none."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    test: Literal["users"]
    rule: str

    def ask(self, case: Case) -> Holds | Fails:
        """Holds for a listed e-mail address, compared without case."""
        users, email = case.contract.office365_users, case.report.reporter.email
        if users is None or (email is not None and email.casefold() in {user.casefold() for user in users}):
            return Holds()
        return Fails(self.rule, "the reporter is none of the users that the work order lists")


@dataclass(frozen=True, slots=True)
class SolutionMeant:
    """The incident names a solution of the work order, or its product is of exactly one."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    test: Literal["solution"]
    rule: str
    ambiguous_flag: str

    def ask(self, case: Case) -> Holds | Fails:
        """Holds with the solution; of several by product none is guessed."""
        named = next((s for s in case.contract.solutions if s.id == case.report.solution), None)
        if named is not None:
            return Holds(named)
        found = [s for s in case.contract.solutions if matches(s.products, case.report.product)]
        if len(found) == 1:
            return Holds(found[0])
        if found:
            names = " and ".join(s.id for s in found)
            return Fails(self.rule, f"the product belongs to {names}, and none of them is guessed", self.ambiguous_flag)
        return Fails(self.rule, "it is about none of the solutions of the work order")


@dataclass(frozen=True, slots=True)
class EventUnderWay:
    """An event of the work order is near or under way, and the request came as its requests come.

    `confirm_rule`: by which an event that nobody has confirmed is none; absent, none needs to be confirmed.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    test: Literal["event"]
    before: Duration
    after: Duration
    cloud: str
    portal: str
    window_rule: str
    form_rule: str
    form_flag: str
    outside_severity: str
    outside_rule: str
    confirm_rule: str | None = None

    def ask(self, case: Case) -> Holds | Fails:
        """Holds with the event: the one under way, then the earliest, then by id."""
        meant = [e for e in case.contract.events if self._about(e, case) and self._near(e, case.at)]
        if not meant:
            return Fails(self.window_rule, "no event about this is within its window")
        near = [e for e in meant if self.confirm_rule is None or e.confirmed_at is not None]
        if self.confirm_rule is not None and not near:
            names = " and ".join(e.name for e in meant)
            return Fails(self.confirm_rule, f"nobody has confirmed {names}")
        with_its_form = [e for e in near if self._bears_its_form(e, case)]
        came = came_through(case.report, self.portal)
        if came and with_its_form:
            return Holds(min(with_its_form, key=lambda e: (not under_way(e, case.at), e.starts_at, e.id)))
        if any(under_way(e, case.at) for e in near):
            return Fails(
                self.form_rule, f"during the event a request comes through {self.portal} with the event's form",
                self.form_flag, f"The event is under way: report through {self.portal} with the event's form.",
            )  # fmt: skip
        if with_its_form:
            return Fails(self.form_rule, f"the request came with the event's form, but not through {self.portal}")
        return Fails(self.form_rule, "the request came without the event's form")

    def _about(self, event: Event, case: Case) -> bool:
        named = event.solution is not None and event.solution == case.report.solution
        return matches(event.products, case.report.product) or (
            named and case.groups.has(self.cloud, case.report.product)
        )

    def _near(self, event: Event, at: datetime) -> bool:
        return event.starts_at - self.before <= at < event.ends_at + self.after

    def _bears_its_form(self, event: Event, case: Case) -> bool:
        """Whether it came with the form. Where nobody has set one, during the event every request has what there is to
        have, and before and after it none does: it keeps its severity."""
        form = case.report.form.id if case.report.form is not None else None
        return event.form == form if event.form is not None else under_way(event, case.at)


Condition = Annotated[
    Bought | KindIs | ProductCovered | PortalDemanded | ListedUser | SolutionMeant | EventUnderWay,
    Field(discriminator="test"),
]


def under_way(event: Event, at: datetime) -> bool:
    """Whether the event itself is on at the instant; its end is not part of it."""
    return event.starts_at <= at < event.ends_at


def came_through(report: Report, portal: str) -> bool:
    """Whether the report came through that portal."""
    return report.channel == "portal" and report.portal == portal
