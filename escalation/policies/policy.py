"""A policy as a value: a ladder of levels, and the clocks and severities that it is for.

A policy with a fault is none; all of its faults are told at once, each with its pointer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, get_args

from pydantic import ConfigDict, TypeAdapter, ValidationError

from services.catalogue.model import Catalogue
from services.durations import parse_duration
from services.faults import Fault, faults_of_shape, pointer, refuses
from services.report import Name
from services.roster import Role
from services.yaml_text import read_yaml

from ..clocks.clock import clock_names

DEFAULT = "default"
ROLES: tuple[str, ...] = get_args(Role)
_STRICT = ConfigDict(extra="forbid")
_MOST_LEVELS = 20
#: A level later than this is a slip of the pen: no incident is open for so long, and an instant has to come of it.
LATEST = timedelta(days=400)


class PolicyFaults(ValueError):
    """It is no policy; `faults` says all that is wrong. Not worth a retry."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.message}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Who hears of it, and how long after the due instant (ISO 8601)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    after: str
    role: str

    @property
    def delay(self) -> timedelta:
        """`after` as a length."""
        return parse_duration(self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliesTo:
    """What a policy is for; None: every clock of the provider's, every severity."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    clocks: tuple[Name, ...] | None = None
    severities: tuple[Name, ...] | None = None

    @property
    def named(self) -> Mapping[str, tuple[Name, ...]]:
        """What it is narrowed down to, by kind; what was left out is left out."""
        named = {"clocks": self.clocks, "severities": self.severities}
        return {what: names for what, names in named.items() if names is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A ladder. Its levels count from 1."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: Name
    levels: tuple[Level, ...]
    applies_to: AppliesTo | None = None

    def is_for(self, clock: str, severity: str | None) -> bool:
        """Whether the policy is for a clock at a severity (None: nobody has decided yet)."""
        to = self.applies_to or AppliesTo()
        return (to.clocks is None or clock in to.clocks) and (to.severities is None or severity in to.severities)

    @property
    def narrowness(self) -> int:
        """How much it is narrowed down; of two that fit, the narrower one is meant."""
        return len((self.applies_to or AppliesTo()).named)


_POLICY: TypeAdapter[Policy] = TypeAdapter(Policy)


def check(raw: object, catalogue: Catalogue | None = None) -> list[Fault]:
    """Everything that is wrong with a policy (parsed JSON). Without a catalogue, as for one that was stored earlier, what
    was allowed then is no fault: its clocks and severities, and how late a level is, are not looked at."""
    try:
        policy = _POLICY.validate_python(raw)
    except ValidationError as error:
        return faults_of_shape(error)
    faults: list[Fault] = []
    if not 0 < len(policy.levels) <= _MOST_LEVELS:
        faults.append(Fault("/levels", None, "fault", f"has to have 1 to {_MOST_LEVELS} levels"))
    before: timedelta | None = None
    for index, level in enumerate(policy.levels):
        if level.role not in ROLES:
            words = f"{level.role!r} is not a role: {', '.join(ROLES)}"
            faults.append(Fault(pointer("levels", index, "role"), None, "fault", words))
        try:
            delay = level.delay
        except ValueError as error:
            faults.append(Fault(pointer("levels", index, "after"), None, "fault", str(error)))
            continue
        if before is not None and delay < before:
            words = "comes before the level below it"
            faults.append(Fault(pointer("levels", index, "after"), None, "fault", words))
        if delay > LATEST and catalogue is not None:
            words = f"is later than {LATEST.days} days, which no level is"
            faults.append(Fault(pointer("levels", index, "after"), None, "fault", words))
        before = delay
    return faults + (_strange(policy.applies_to, catalogue) if policy.applies_to is not None else [])


def _strange(to: AppliesTo, catalogue: Catalogue | None) -> list[Fault]:
    known: dict[str, Collection[str]] = {}
    if catalogue is not None:
        known = {"clocks": [name for name, _ in clock_names(catalogue)], "severities": catalogue.rank}
    faults: list[Fault] = []
    for what, names in to.named.items():
        if not names:
            faults.append(Fault(pointer("applies_to", what), None, "fault", "names none: leave it out to mean all"))
        words = known.get(what, names)
        told = f"is none of the catalogue's {what}: {', '.join(words)}"
        faults += [
            Fault(pointer("applies_to", what, index), None, "fault", f"{name!r} {told}")
            for index, name in enumerate(names)
            if name not in words
        ]
    return faults


def parse(raw: object, catalogue: Catalogue | None = None) -> Policy:
    """The policy, checked as `check` does. Raises PolicyFaults."""
    faults = check(raw, catalogue)
    if refuses(faults):
        raise PolicyFaults(faults)
    return _POLICY.validate_python(raw)


def to_json(policy: Policy) -> Mapping[str, Any]:
    """The policy as it is kept and shown; what was left out stays out."""
    shown: dict[str, Any] = {"name": policy.name}
    if policy.applies_to is not None:
        shown["applies_to"] = {what: list(names) for what, names in policy.applies_to.named.items()}
    shown["levels"] = [{"after": level.after, "role": level.role} for level in policy.levels]
    return shown


@lru_cache(maxsize=1)
def shipped() -> Policy:
    """The policy that ships, in force until another one of its name is stored."""
    return parse(read_yaml((Path(__file__).parent / "default.yaml").read_text(encoding="utf-8")))
