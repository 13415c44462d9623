"""Lets the others have the event loop: long work says `await breath()` between its pieces.

No loop holds the event loop for longer than 50 ms; a breath is taken every 10.
"""

from __future__ import annotations

import asyncio
from time import perf_counter


class Breath:
    """Yields to the event loop when 10 ms have gone since the last time."""

    def __init__(self, every: float = 0.010) -> None:
        self._every = every
        self._last = perf_counter()

    async def __call__(self) -> None:
        """Yield, if it is time to."""
        if perf_counter() - self._last > self._every:
            await asyncio.sleep(0)
            self._last = perf_counter()
