"""Loads the examples into a critsit that has just started: contracts, people, policies; once, and only what is missing.

What somebody has changed since is never put back.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from .client import Client
from .documents import By, check_files
from .ending import tell
from .load import Item, check_orders, items_of, put_all

EXAMPLES = Path(__file__).parents[1] / "examples"
_FOLDERS = ("people", "policies", "contracts")


async def seed_once(url: str, key: str) -> None:
    """Load the examples that are not there yet, over HTTP. What is refused is told; critsit runs all the same."""
    if not EXAMPLES.is_dir():
        tell(
            "The examples lie beside a checkout of critsit, and there is none here: nothing is loaded.",
            in_log="warning",
        )
        return
    try:
        await asyncio.to_thread(_seed, url, key)
    except typer.Exit:  # its words are told already
        tell("The examples are not loaded, or not all of them.", in_log="warning")


def _seed(url: str, key: str) -> None:
    with Client(url, key) as client:
        found = check_files([EXAMPLES / name for name in _FOLDERS if (EXAMPLES / name).is_dir()], _by(client))
        for line in (line for one in found if not one.ok for line in one.lines):
            tell(f"The example {line}", in_log="warning")
        items = items_of([one for one in found if one.ok])
        done = list(put_all(client, [item for item in items if _missing(client, item)]))
    for one in done:
        if not one.ok:
            tell(f"The example {one.item.path} is refused: {' '.join(one.words)}", in_log="warning")
    if stored := sum(1 for one in done if one.ok):
        tell(f"{stored} examples are loaded.", in_log="info")


def _by(client: Client) -> By:
    """Work orders by critsit's own catalogue; a policy is looked at without one, and refused when it is put."""
    from escalation.policies.policy import check as check_policy
    from services.roster import check_together

    return {
        "work order": lambda bodies: check_orders(client, bodies),
        "roster": check_together,
        "policy": lambda bodies: [check_policy(body) for body in bodies],
    }


def _missing(client: Client, item: Item) -> bool:
    return client.ask("GET", item.path).status_code == 404
