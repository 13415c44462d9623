"""Too much at once: a rate for each key, and a depth of the queue from which on nothing more is taken.

Who is refused is told when to come again (429, `Retry-After`); nothing that was taken is ever dropped here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from backbone.time_source import ticks

from .problem import Problem


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True)
class Limits:
    """A token bucket for each key: `rate` requests a second, `burst` at once."""

    rate: float
    burst: float
    clock: Callable[[], float] = ticks
    _buckets: dict[str, _Bucket] = field(default_factory=dict)

    def take(self, key: str) -> None:
        """Count one request of the key. Raises Problem 429 where it has none left."""
        now = self.clock()
        bucket = self._buckets.get(key)
        if bucket is None:
            self._forget(now)
            bucket = self._buckets[key] = _Bucket(self.burst, now)
        bucket.tokens = min(self.burst, bucket.tokens + max(0.0, now - bucket.at) * self.rate)
        bucket.at = now
        if bucket.tokens < 1:
            raise too_many("This key is used faster than it may be.", math.ceil((1 - bucket.tokens) / self.rate))
        bucket.tokens -= 1

    def _forget(self, now: float) -> None:
        """A bucket that is full again says nothing: with many keys, those are let go."""
        if len(self._buckets) >= 1000:
            full = [k for k, b in self._buckets.items() if b.tokens + (now - b.at) * self.rate >= self.burst]
            for key in full:
                del self._buckets[key]


@dataclass(frozen=True, slots=True)
class Shed:
    """Refuses while `depth()` is over `over`: a queue that only grows helps nobody in it."""

    depth: Callable[[], int]
    over: int
    retry_after: int = 1

    def check(self) -> None:
        """Raise Problem 429 where too many wait already."""
        if self.depth() > self.over:
            raise too_many("Too much is coming in at once.", self.retry_after)


def too_many(why: str, retry_after: int) -> Problem:
    """429: again after so many seconds."""
    return Problem(
        429, "Too many requests", why, type="too-many-requests", headers={"Retry-After": str(max(1, retry_after))}
    )
