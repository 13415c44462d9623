"""Loads the examples into a critsit that has just started: contracts, people, policies; once, and only what is missing.

What somebody has changed since is never put back.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from .client import Client
from .ending import tell
from .load import Item, contract_items, people_items, policy_items, put_all

EXAMPLES = Path(__file__).parents[1] / "examples"


async def seed_once(url: str, key: str) -> None:
    """Load the examples that are not there yet, over HTTP. What is refused is told; critsit runs all the same."""
    if not EXAMPLES.is_dir():
        tell("The examples lie beside a checkout of critsit, and there is none here: nothing is loaded.", in_log=True)
        return
    try:
        await asyncio.to_thread(_seed, url, key)
    except typer.Exit:  # its words are told already
        tell("The examples are not loaded, or not all of them.", in_log=True)


def _seed(url: str, key: str) -> None:
    items = [
        item
        for folder, read in (("people", people_items), ("policies", policy_items), ("contracts", contract_items))
        if (EXAMPLES / folder).is_dir()
        for item in read(EXAMPLES / folder)
    ]
    with Client(url, key) as client:
        done = list(put_all(client, [item for item in items if _missing(client, item)]))
    for one in done:
        if not one.ok:
            tell(f"The example {one.item.path} is refused: {' '.join(one.words)}", in_log=True)
    if stored := sum(1 for one in done if one.ok):
        tell(f"{stored} examples are loaded.", in_log=True)


def _missing(client: Client, item: Item) -> bool:
    return client.ask("GET", item.path).status_code == 404
