"""`critsit dead`: what a stage has set aside since it could not be handled: look, hear it again, or pass over it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .client import Client
from .ending import MISUSED, NO, end
from .options import Json, print_json

STAGES = ("intake", "router", "escalation", "notifier")

Stage = Annotated[str, typer.Argument(help="intake, router, escalation or notifier.")]
Letter = Annotated[int, typer.Argument(metavar="ID", help="The dead letter's id.")]


def listed(stage: Stage, json: Json = False) -> None:
    """List what a stage has set aside, oldest first."""
    with Client() as client:
        letters = list(client.items(_path(stage)))
    if json:
        print_json({"items": letters})
        return
    for letter in letters:
        typer.echo(_line(letter))
    if not letters:
        typer.echo("Nothing is set aside.")


def show(stage: Stage, id: Letter, json: Json = False) -> None:
    """Show one whole, with what went wrong."""
    with Client() as client:
        letter = next((one for one in client.items(_path(stage)) if one["id"] == id), None)
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


def discard(stage: Stage, id: Letter, json: Json = False) -> None:
    """Pass over it for good, and hear what came after it."""
    _do(stage, id, "discard", json)


def _do(stage: str, id_: int, what: str, json: bool) -> None:
    with Client() as client:
        answer = client.post(f"{_path(stage)}/{id_}/{what}")
    left = answer["left"]
    if json:
        print_json(answer)
    else:
        typer.echo(f"{left} of its subject are left." if left else "Nothing of its subject is left.")
    if left:
        end(NO)


def _path(stage: str) -> str:
    if stage not in STAGES:
        end(MISUSED, f"There is no stage {stage}: {', '.join(STAGES)}.")
    return f"/v1/{stage}/dead-letters"


def _line(letter: dict[str, Any]) -> str:
    error = str(letter["error"]).strip().splitlines()
    return (
        f"{letter['id']}  {letter['held_at']}  {letter['source']} {letter['type']} of {letter['subject']},"
        f" number {letter['sequence']}: {error[-1] if error else ''}"
    )
