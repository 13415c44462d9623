"""The command `critsit`: each group of commands has a file of its own, and loads what it needs when it runs.

Nothing that only a server needs is imported for a command that needs no server.
"""

from __future__ import annotations

import sys

import typer
from typer.exceptions import TyperException

from . import audit, dead, keys, load, running
from .attainment import attainment
from .check import check
from .demo import demo
from .ending import DONE, say_error, speak_json, unwritten
from .incidents import explain, replay, report
from .opening import calendar
from .simulate import simulate
from .tail import tail

app = typer.Typer(
    name="critsit",
    help="Incident routing for organisations that sell support contracts. Those that ask a running critsit take"
    " CRITSIT_URL (http://127.0.0.1:8080) and CRITSIT_KEY, else CRITSIT_ADMIN_KEY. Exit codes: 0 done, 1 the answer is"
    " no, 2 used wrongly, 3 can't reach it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _group(name: str, words: str) -> typer.Typer:
    group = typer.Typer(help=words, no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(group, name=name)
    return group


app.command("up")(running.up)
app.command("serve")(running.serve)
app.command("migrate")(running.migrate)
_group("topics", "The topics in Kafka.").command("apply")(running.topics_apply)

app.command("check")(check)
app.command("simulate")(simulate)
app.command("calendar")(calendar)

_group("contracts", "Work orders.").command("load")(load.contracts_load)
_group("people", "People, rotations and overrides.").command("load")(load.people_load)
app.command("report")(report)
app.command("explain")(explain)
app.command("replay")(replay)
app.command("demo")(demo)
app.command("tail")(tail)
app.command("attainment")(attainment)

_dead = _group("dead", "What a stage has set aside.")
_dead.command("list")(dead.listed)
_dead.command("show")(dead.show)
_dead.command("replay")(dead.replay)
_dead.command("discard")(dead.discard)

_keys = _group("keys", "Keys of the interface.")
_keys.command("create")(keys.create)
_keys.command("list")(keys.listed)
_keys.command("revoke")(keys.revoke)

_audit = _group("audit", "Who changed what, and whether the record is what it was.")
_audit.command("changes")(audit.changes)
_audit.command("verify")(audit.verify)


def main() -> None:
    """Run the command that the words on the command line name; ends the process with its code."""
    try:
        if "--json" not in sys.argv:
            app()
        sys.exit(app(standalone_mode=False) or DONE)
    except OSError as error:
        sys.exit(unwritten(error))
    except TyperException as error:
        # The words themselves are wrong (an option that there is none of, a number that is none).
        speak_json(True)
        say_error(error.exit_code, error.format_message())
        sys.exit(error.exit_code)
