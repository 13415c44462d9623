"""Hears the signals that end a process, from its first moment to its last: SIGTERM, SIGINT, and the terminal's SIGHUP.

What was started is ended whenever the signal comes: nothing is cancelled in the midst of being started.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
#: How a shell tells that somebody interrupted a command.
INTERRUPTED = 130


@dataclass(slots=True)
class Stop:
    """`asked`: it is to end. `hurried`: it was asked twice, and waits for no request; asked again, for nothing."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    hurried: asyncio.Event = field(default_factory=asyncio.Event)

    def ask(self) -> None:
        """It is to end; once more each time."""
        if self.hurried.is_set():
            os._exit(INTERRUPTED)
        (self.hurried if self.asked.is_set() else self.asked).set()


@contextlib.contextmanager
def stop_on_signals(stop: Stop | None = None) -> Iterator[Stop]:
    """While it lasts, the signals ask to end. A signal that is ignored stays so: `nohup` means it."""
    stop = stop or Stop()
    loop = asyncio.get_running_loop()
    heard = {number: held for number in SIGNALS if (held := signal.getsignal(number)) is not signal.SIG_IGN}
    for number in heard:
        loop.add_signal_handler(number, stop.ask)
    try:
        yield stop
    finally:
        for number, before in heard.items():
            loop.remove_signal_handler(number)
            signal.signal(number, before)
