"""Loads the examples into a critsit that has just started: contracts, people, policies; once, and only what is missing.

What somebody has changed since is never put back.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from .client import Client
from .load import Item, contract_items, people_items, policy_items, put_all

EXAMPLES = Path(__file__).parents[1] / "examples"


class CannotSeed(Exception):
    """An example was refused; the words say which and why. Never worth a retry."""


async def seed_once(url: str, key: str) -> None:
    """Load the examples that are not there yet, over HTTP. Raises CannotSeed."""
    if not EXAMPLES.is_dir():
        typer.echo("The examples lie beside a checkout of critsit, and there is none here: nothing is loaded.", err=True)
        return
    await asyncio.to_thread(_seed, url, key)


def _seed(url: str, key: str) -> None:
    items = [
        item
        for folder, read in (("people", people_items), ("policies", policy_items), ("contracts", contract_items))
        if (EXAMPLES / folder).is_dir()
        for item in read(EXAMPLES / folder)
    ]
    with Client(url, key) as client:
        done = put_all(client, [item for item in items if _missing(client, item)])
    refused = [line for one in done if not one.ok for line in (f"{one.item.file.name}:", *one.words)]
    if refused:
        raise CannotSeed(" ".join(refused))
    if done:
        typer.echo(f"{len(done)} examples are loaded.")


def _missing(client: Client, item: Item) -> bool:
    return client.ask("GET", item.path).status_code == 404
