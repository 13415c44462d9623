"""Where the command begins: `critsit`, and `python -m critsit`.

A signal that comes while it is still being loaded ends it at once and without a trace: nothing is started yet.
"""

import os
import signal
import sys


def main() -> None:
    """Load the command, and run it."""
    runs_on = sys.argv[1:2] in (["up"], ["serve"])
    code = 0 if runs_on else 130
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if runs_on else (signal.SIGINT,)
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: os._exit(code))

    from critsit.main import main as command

    if not runs_on and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    command()


if __name__ == "__main__":
    main()
