"""The options that many commands share, and how they print: plain words, or JSON for a machine (`--json`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from .ending import speak_json

Json = Annotated[bool, typer.Option("--json", help="Print JSON.", callback=speak_json)]
CataloguePath = Annotated[
    Path | None,
    typer.Option("--catalogue", envvar="CRITSIT_CATALOGUE", help="Another catalogue's folder than the shipped one."),
]


def print_line(value: Any) -> None:
    """Print a value as JSON in one line, at once: what runs on tells it to somebody who reads by lines."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def print_json(value: Any) -> None:
    """Print a value as JSON, as it is."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
