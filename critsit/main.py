"""The command `critsit`: each group of commands has a file of its own, and loads what it needs when it runs.

Nothing that only a server needs is imported for a command that needs no server.
"""

from __future__ import annotations

import typer

from . import check as _check
from . import load, running
from .simulate import simulate

app = typer.Typer(
    name="critsit",
    help="Incident routing for organisations that sell support contracts.",
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
app.command("check")(_check.check)
app.command("simulate")(simulate)
_group("contracts", "Work orders.").command("load")(load.contracts_load)
_group("people", "People, rotations and overrides.").command("load")(load.people_load)


@app.callback()
def _root() -> None:
    """Run critsit, or ask one that runs (CRITSIT_URL, CRITSIT_KEY)."""


def main() -> None:
    """The entry point of the `critsit` script."""
    app()
