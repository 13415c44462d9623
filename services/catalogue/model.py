"""The catalogue as a value: severities, services in their order, clocks, words. All of it comes from YAML.

A second organisation's catalogue has other names and numbers and the same shape; no name of either stands in Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from pydantic import ConfigDict

from services.contract.model import Windows
from services.roster.model import Role

from .later import Later
from .products import Group, Groups
from .service import Service, Severity
from .work_order import WorkOrderTerms

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """A rule and the flag that shows it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    rule: str
    flag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Through:
    """Products that a role may report through a portal."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    products: str
    portal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """Who may report: by role, any product by any channel (no entries), or what the entries say."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    rule: str
    flag: str
    unchecked_channels: tuple[str, ...]
    roles: Mapping[str, tuple[Through, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Entitlement review: where an entitlement is in doubt."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    queue: str
    service: str
    no_contract: Flagged
    out_of_term: Flagged
    prerelease: Flagged


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonFlags:
    """Flags that any incident may get."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    severity_differs: Flagged
    unknown_location: Flagged
    unknown_solution: Flagged


@dataclass(frozen=True, slots=True, kw_only=True)
class Quietly:
    """Severities, and the rule that speaks of them."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    severities: tuple[str, ...]
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoughtHours:
    """A service whose hours are drawn from a balance."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    service: str
    balance: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Management:
    """Support management: by itself, on request, from bought hours."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    runs_by_itself: Quietly
    on_request: Quietly
    bought: BoughtHours


@dataclass(frozen=True, slots=True, kw_only=True)
class RootCause:
    """When a root cause analysis may be asked for. `products`: the group whose technologies offer one (None: all do)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    rule: str
    after_closing: str
    products: str | None = None

    def offered(self, product: str | None, groups: Groups) -> bool:
        """Whether the product's technology offers one; a product that was not named may."""
        return self.products is None or product is None or groups.has(self.products, product)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What effort is drawn from, and when it is announced."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    announce_percent: int
    balances: tuple[BoughtHours, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """What the customer's side owes at some severities, as it is told."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    severities: tuple[str, ...]
    rule: str
    tell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalScope:
    """Portals that are for their own products only: portal → product group; the rest goes through `otherwise`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    rule: str
    covers: Mapping[str, str]
    otherwise: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThirdParty:
    """What is told where a third party's supplier is in the matter."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    rule: str
    tell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersPeople:
    """Rules about whom of and for the customer a flag concerns: its administrators, its delivery manager."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    administrators: str
    delivery_manager: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of the contract: its section, its sentence, and whether it is ours."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    section: str
    text: str
    ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The provider's own language, the rule of the customer's, and what is said where a service has the own one only."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    own: str
    rule: str
    only_flag: str
    only_tell: str


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What is on sale, and by which rules. `version` is the hash of all of it; `raw` is the YAML as JSON.

    `teams`: the role that is on call for each name that a service escalates to.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    name: str
    portals: tuple[str, ...]
    kinds: tuple[str, ...]
    severities: tuple[Severity, ...]
    coverage_rules: Mapping[str, str]
    teams: Mapping[str, Role]
    business_hours: Windows
    product_groups: Mapping[str, Group]
    reporting: Reporting
    review: Review
    flags: CommonFlags
    language: Language
    later: Later
    management: Management
    executive_rules: Mapping[str, str]
    root_cause: RootCause
    effort: Effort
    services: tuple[Service, ...]
    rules: Mapping[str, Rule]
    work_order: WorkOrderTerms
    proactive: Mapping[str, Any]
    version: str
    raw: Mapping[str, Any]
    obligations: tuple[Obligation, ...] = ()
    portal_scope: PortalScope | None = None
    third_party: ThirdParty | None = None
    people: CustomersPeople | None = None

    @cached_property
    def groups(self) -> Groups:
        """The product groups, compiled."""
        return Groups(self.product_groups)

    @cached_property
    def rank(self) -> Mapping[str, int]:
        """Severity → 0 for the highest."""
        return {severity.id: index for index, severity in enumerate(self.severities)}

    @cached_property
    def by_impact(self) -> Mapping[str, Severity]:
        """Impact, as customers state it → severity (SEV-ASSIGN)."""
        return {severity.impact: severity for severity in self.severities}

    def severity(self, id_: str) -> Severity:
        """A severity by its name. Raises KeyError."""
        return self.severities[self.rank[id_]]

    def service(self, id_: str) -> Service:
        """A service by its name. Raises KeyError."""
        return next(service for service in self.services if service.id == id_)

    def is_urgent(self, severity: str) -> bool:
        """Whether incidents of the severity overtake the rest."""
        return severity in self.rank and self.severity(severity).urgent

    def cite(self, rule: str) -> Mapping[str, str]:
        """A rule as explanations quote it: id, section, text."""
        known = self.rules.get(rule)
        return {"id": rule, "section": known.section if known else "", "text": known.text if known else ""}
