"""Repeats a step for ever: at once while there is more, else when woken or after the poll; with growing pauses on errors.

A loop never ends by an error: what it can't do now it tries again, and the age of its last good step is watched.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from ..log.sources import OutOfReach
from ..postgres.engine import is_passing
from ..time_source import ticks
from .bell import wait
from .hear import FuseBlown

log = structlog.get_logger()

#: Seconds until the next round: 0 is at once, None is the poll.
Round = Callable[[], Awaitable[float | None]]


@dataclass(slots=True)
class Pulse:
    """What is watched of a loop: when it last came round, well or not, and why it can't.

    A process is not ready without its `vital` loops, nor where the fault is its own: the trouble is `grave`.
    """

    name: str
    vital: bool = True
    last: float = field(default_factory=ticks)
    moved: float = field(default_factory=ticks)
    trouble: str | None = None
    grave: bool = False
    stopped: bool = False

    @property
    def age(self) -> float:
        """Seconds since the last good round."""
        return ticks() - self.last

    @property
    def still(self) -> float:
        """Seconds since the last round of any kind: one that fails and is tried again moves."""
        return ticks() - self.moved


async def repeat(
    round_: Round,
    pulse: Pulse,
    woken: asyncio.Event,
    stopping: asyncio.Event,
    *,
    poll: float,
    passing: tuple[type[BaseException], ...] = (),
) -> None:
    """Run `round_` until `stopping` is set; the round in hand is finished first.

    `passing`: errors that say something of the moment, besides the database's.
    """
    failures = 0
    while not stopping.is_set():
        try:
            pause = await round_()
            failures = 0
            pulse.trouble, pulse.grave = None, False
            pulse.last = ticks()
        except FuseBlown as blown:
            pulse.trouble, pulse.grave = str(blown), True
            log.error("loop.fuse_blown", loop=pulse.name, error=str(blown))
            await _pause(stopping, 30.0)
            continue
        except Exception as error:  # noqa: BLE001 (a loop never ends by an error)
            failures += 1
            pause = min(2.0, 0.02 * 2 ** min(failures, 7))
            pulse.trouble = repr(error)[:300]
            # What is out of reach lies with another stage, and the rest was heard.
            pulse.grave = pulse.vital and not isinstance(error, OutOfReach)
            moment = is_passing(error) or isinstance(error, passing)
            if not moment or failures in (1, 5) or failures % 30 == 0:
                say = log.warning if moment else log.error
                say("loop.failed", loop=pulse.name, error=repr(error)[:500], again_in=pause, exc_info=not moment)
            await _pause(stopping, pause)
            continue
        finally:
            pulse.moved = ticks()
        if pause == 0:
            await asyncio.sleep(0)
            continue
        await wait(woken, poll if pause is None else min(pause, poll))
    pulse.stopped = True


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    """Wait, unless it is to stop. All loops of a stage share `stopping`, so it is never cleared, as `wait` would."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()
