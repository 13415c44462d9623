"""Whether the loops of a process move, and what they wait for.

A loop that hangs or has ended ends its process: a process whose loops are dead is worse than none.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping, Sequence

import structlog
from asyncpg import ReadOnlySQLTransactionError

from ..time_source import ticks
from .runner import RunningStage

log = structlog.get_logger()

#: Seconds without a round after which a loop hangs, and its process is ended: longer than any round's own patience.
STILL = 120.0
#: Seconds by which the watch itself is late when the process was frozen, and not only busy.
_FROZEN = 5.0
#: Asked, and not tried out: a stage that hears nothing new has nothing to write, and would not notice.
_TAKES_NOTHING = "select pg_is_in_recovery() or cast(current_setting('default_transaction_read_only') as boolean)"


async def watch(stages: Sequence[RunningStage], *, dead: Callable[[str], None]) -> None:
    """Measure the event loop's lag, and call `dead` when a loop has ended or not come round for `STILL` seconds.

    While the whole process is frozen (a machine or a container that is paused) no loop can come round, and none hangs.
    """
    gauges = stages[0].ground.around.gauges
    while True:
        before = ticks()
        await asyncio.sleep(0.1)
        late = max(0.0, ticks() - before - 0.1)
        gauges.lag.set(late)
        for running in stages:
            if running.stopping.is_set():
                continue
            if late > _FROZEN:
                for pulse in running.pulses.values():
                    pulse.moved += late
            for task in running.tasks:
                if task.done():
                    dead(f"{task.get_name()} ended: {task.exception() if not task.cancelled() else 'cancelled'}")
            for pulse in running.pulses.values():
                if pulse.still > STILL and not pulse.stopped:
                    dead(f"{pulse.name} makes no progress")


def ages(stages: Sequence[RunningStage]) -> Mapping[str, float]:
    """Seconds since each loop last came round: what `/livez` asks. Whether it came round well is `/readyz`' question."""
    return {pulse.name: pulse.still for running in stages for pulse in running.pulses.values()}


async def waits(stages: Sequence[RunningStage]) -> list[str]:
    """What each stage waits for, in words: what `/readyz` says. Empty when all is well."""
    found = []
    for running in stages:
        try:
            async with asyncio.timeout(2), running.ground.transactions.reading() as connection:
                if (await connection.execute(_TAKES_NOTHING)).scalar_one():
                    # As a statement that writes would: this connection is given up, a new one may find who leads now.
                    raise ReadOnlySQLTransactionError
        except ReadOnlySQLTransactionError:
            found.append(f"{running.stage.name}: PostgreSQL takes nothing: it is a standby, or was made read-only")
            continue
        except Exception as error:  # noqa: BLE001 (whatever it is, it is not ready)
            found.append(f"{running.stage.name}: PostgreSQL does not answer ({type(error).__name__})")
            continue
        found += [f"{p.name}: {p.trouble}" for p in running.pulses.values() if p.grave and p.age > 5 and not p.stopped]
    return found


def end_process(why: str) -> None:
    """End at once with an error: a process whose loops are dead is worse than none."""
    log.critical("process.dead", why=why)
    with contextlib.suppress(OSError):
        os.sync()
    os._exit(70)
