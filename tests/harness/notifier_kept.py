"""What a notifier has of an incident, a long time later."""

from __future__ import annotations

from tests.harness.notifier import Desk

INC = "0198-a"
KEPT = ("page", "attempt", "mailbox")


async def days_pass(notifier: Desk, days: float) -> None:
    """At once: nothing is due on the way."""
    notifier.time.passes(days=days)
    await notifier.rests()


async def kept(notifier: Desk, subject: str = INC) -> list[int]:
    """How many pages, attempts and mailbox entries there are of it."""
    return [await notifier.one(f"select count(*) from {table} where incident = '{subject}'") for table in KEPT]
