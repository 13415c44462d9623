"""Which policy a broken promise climbs, and when its next level is due. Pure.

There always is one: where no policy fits, the shipped one is climbed, so that no breach is silent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .policy import DEFAULT, LATEST, Policy, shipped


@dataclass(frozen=True, slots=True)
class Versioned:
    """A policy and its version; 0 is the one that ships."""

    policy: Policy
    version: int


@dataclass(frozen=True, slots=True)
class Rung:
    """A level that is raised: its number (from 1), and when the next one is due; None at the top."""

    level: int
    role: str
    next_at: datetime | None


def in_force(stored: Sequence[Versioned]) -> tuple[Versioned, ...]:
    """The stored policies, and the shipped one unless one of its name is stored."""
    found = tuple(stored)
    return found if any(v.policy.name == DEFAULT for v in found) else (*found, Versioned(shipped(), 0))


def choose(policies: Sequence[Versioned], clock: str, severity: str | None) -> Versioned:
    """The policy for a clock at a severity: the narrowest that fits, then the first by name; the default only last."""
    fitting = [v for v in policies if v.policy.is_for(clock, severity)]
    if not fitting:
        return Versioned(shipped(), 0)
    return min(fitting, key=lambda v: (v.policy.name == DEFAULT, -v.policy.narrowness, v.policy.name))


def rung(policy: Policy, level: int, due_at: datetime) -> Rung:
    """Level `level` of a policy (the highest where there is none so high), for a promise that was due at `due_at`."""
    number = min(level, len(policy.levels))
    return Rung(number, policy.levels[number - 1].role, climbs_at(policy, number, due_at))


def climbs_at(policy: Policy, level: int, due_at: datetime) -> datetime | None:
    """When the level above `level` is due (0: none has been raised yet); None at the top, and where it is later than any
    level is: such a policy was stored before that was refused."""
    if level >= len(policy.levels) or policy.levels[level].delay > LATEST:
        return None
    return due_at + policy.levels[level].delay
