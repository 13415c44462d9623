"""How a command ends: 0 done, 1 the answer is no, 2 used wrongly, 3 can't reach it.

Whatever goes wrong is told in a sentence on stderr, never as a trace; what stdout holds stays readable by a machine.
"""

from __future__ import annotations

from typing import NoReturn

import typer

DONE, NO, MISUSED, UNREACHABLE = 0, 1, 2, 3


def end(code: int, sentence: str = "") -> NoReturn:
    """End the command with this code, and say why on stderr."""
    if sentence:
        typer.echo(sentence, err=True)
    raise typer.Exit(code)
