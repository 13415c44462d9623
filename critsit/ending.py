"""How a command ends: 0 done, 1 the answer is no, 2 used wrongly, 3 can't reach it.

Whatever goes wrong is told in a sentence on stderr, never as a trace; what stdout holds stays readable by a machine.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, NoReturn

import typer

DONE, NO, MISUSED, UNREACHABLE = 0, 1, 2, 3
#: What writing fails with: a full disk, a quota, a limit, a broken disk, a descriptor that is not open for it.
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


def end(code: int, sentence: str = "", problem: Mapping[str, Any] | None = None) -> NoReturn:
    """End the command with this code, and say why on stderr: in words, or as JSON where that was asked for.

    `problem` is the interface's own answer, where it refused.
    """
    if sentence:
        say_error(code, sentence, problem)
    raise typer.Exit(code)


def say_error(code: int, sentence: str, problem: Mapping[str, Any] | None = None) -> None:
    """Say what went wrong, with the code that the command ends with."""
    _say(sentence, {"exit": code, "error": sentence} | ({"problem": problem} if problem else {}))


def tell(sentence: str, *, in_log: Literal["info", "warning"] | None = None) -> None:
    """Say something on stderr that ends nothing: in words, or as JSON where that was asked for.

    `in_log`: it stands among the lines of a log, and is one of that gravity wherever nobody sits before it.
    """
    if in_log is None or (sys.stderr.isatty() and not _as_json):
        _say(sentence, {"told": sentence})
        return
    import structlog

    log = structlog.get_logger("critsit")
    (log.info if in_log == "info" else log.warning)("critsit.says", told=sentence)


def unread(descriptor: int = 1) -> None:
    """Nobody reads stdout any more: what is left of it is dropped, so that the end of the process says nothing of it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def unwritten(error: OSError) -> int:
    """Say that what there is to say can't be written, such as on a full disk; answers the code for that.

    Raises the error again where it is about something else.
    """
    if error.errno not in _UNWRITABLE or error.filename is not None:
        raise error
    unread()
    say_error(UNREACHABLE, f"It can't be written: {error.strerror}.")
    return UNREACHABLE


@contextmanager
def or_told(sentence: str) -> Iterator[None]:
    """Prints what is done already and can't be undone: where stdout can't be written, stderr has the sentence."""
    try:
        yield
    except OSError:
        tell(sentence)
        raise


def _say(sentence: str, value: Mapping[str, Any]) -> None:
    try:
        typer.echo(json.dumps(value, ensure_ascii=False) if _as_json else sentence, err=True)
    except OSError:
        # There is nobody left to tell it to; the exit code says it.
        unread(2)


def speak_json(value: bool) -> bool:
    """The option `--json` was given, or not; answers the same."""
    global _as_json
    _as_json = value
    return value


_as_json = False
