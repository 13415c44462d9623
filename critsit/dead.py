"""`critsit dead`: what a stage has set aside since it could not be handled: look, hear it again, or pass over it."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typing_extensions import TypedDict

from backbone import STAGES

from .client import Client
from .ending import MISUSED, NO, end
from .incidents import user
from .options import Json, print_json


class SetAside(TypedDict):
    """What a stage has set aside."""

    id: int
    held_at: str
    source: str
    type: str
    subject: str
    sequence: int | None
    error: str
    event: Any


class Left(TypedDict):
    """How many letters of an incident are still set aside."""

    left: int


class Told(SetAside):
    """It, and the stage that has it."""

    stage: str


Stage = Annotated[str, typer.Argument(help="intake, router, escalation or notifier.")]
AnyStage = Annotated[str | None, typer.Argument(metavar="[STAGE]", help="Of this stage alone.")]
Letter = Annotated[int, typer.Argument(metavar="ID", help="The dead letter's id, as `dead list` has it.")]


def listed(stage: AnyStage = None, json: Json = False) -> None:
    """List what has been set aside, oldest first, stage by stage."""
    paths = {name: _path(name) for name in ([stage] if stage is not None else STAGES)}
    with Client() as client:
        letters = [_told(name, one) for name, path in paths.items() for one in client.items(path, SetAside)]
    if json:
        print_json({"items": letters})
        return
    for letter in letters:
        typer.echo(_line(letter))
    if not letters:
        typer.echo("Nothing is set aside.")


def show(stage: Stage, id: Letter, json: Json = False) -> None:
    """Show one whole, with what went wrong."""
    path = _path(stage)
    with Client() as client:
        letter = next((_told(stage, one) for one in client.items(path, SetAside) if one["id"] == id), None)
    if letter is None:
        end(NO, f"There is no dead letter {id} at {stage}.")
    if json:
        print_json(letter)
        return
    typer.echo(_line(letter))
    typer.echo(letter["error"])
    print_json(letter["event"])


def replay(stage: Stage, id: Letter, json: Json = False) -> None:
    """Hear it again, and what came after it."""
    _do(stage, id, "replay", json)


def discard(
    stage: Stage,
    id: Letter,
    reason: Annotated[str | None, typer.Option(help="Why it may be passed over; asked for at a terminal.")] = None,
    by: Annotated[str | None, typer.Option(help="Who decides that; else the name of the user.")] = None,
    json: Json = False,
) -> None:
    """Pass over it for good, and hear what came after it; the timeline tells who did that, and why."""
    if reason is None and not json and sys.stdin.isatty():
        reason = typer.prompt("Why may it be passed over for good?", err=True)
    if not (reason or "").strip():
        end(MISUSED, "Say why with --reason: what is passed over now is never heard again.")
    _do(stage, id, "discard", json, {"by": by or user(), "reason": reason})


def _do(stage: str, id_: int, what: str, json: bool, body: dict[str, Any] | None = None) -> None:
    path = _path(stage)
    with Client() as client:
        answer = client.post(f"{path}/{id_}/{what}", Left, body)
    left = answer["left"]
    if json:
        print_json(answer)
    elif left:
        letters = "1 letter" if left == 1 else f"{left} letters"
        typer.echo(f"{letters} of its incident could still not be handled at {stage}: see `critsit dead list {stage}`.")
    else:
        typer.echo(f"It is done: nothing of its incident is set aside at {stage} any more.")
    if left:
        end(NO)


def _path(stage: str) -> str:
    if stage not in STAGES:
        end(MISUSED, f"There is no stage {stage}: {', '.join(STAGES)}.")
    return f"/v1/{stage}/dead-letters"


def _told(stage: str, letter: SetAside) -> Told:
    return {"stage": stage, **letter}


def _line(letter: Told) -> str:
    error = letter["error"].strip().splitlines()
    return (
        f"{letter['stage']} {letter['id']}  {letter['held_at']}  {letter['source']} {letter['type']} of {letter['subject']},"
        f" number {letter['sequence']}: {error[-1] if error else ''}"
    )
