"""Leases: one replica speaks to the world at a time. No instants are compared, since clocks jump.

A standby takes over when the holder's beat has not changed for 5 s of its own monotonic clock; whatever the holder
commits under the lease checks its number, so a frozen holder that wakes up can do no harm.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from ..time_source import ticks
from .tx import Transactions, Tx

TAKE_OVER_AFTER = 5.0


class LeaseLost(Exception):
    """Somebody else holds the lease by now: what was done under it is not committed."""


@dataclass(slots=True)
class Lease:
    """A named lease, as one replica sees it."""

    name: str
    holder: str
    transactions: Transactions
    number: int | None = None
    _seen: tuple[int, int] | None = None
    _seen_at: float = 0.0
    _beaten_at: float = 0.0
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def hold(self) -> bool:
        """Take it, keep it by a beat, or see that another has it. Call it at least once a second.

        Several loops of one holder may share it: they ask one after the other, or each would take the other for a rival.
        """
        async with self._asking:
            if self.number is None or ticks() - self._beaten_at >= 1.0:
                await self._ask()
            return self.number is not None

    async def _ask(self) -> None:
        async with self.transactions() as tx:
            row = (
                await tx.execute("select holder, number, beat from lease where name = :n for update", {"n": self.name})
            ).first()
            if row is None:
                done = await tx.execute(
                    "insert into lease (name, holder, number, beat) values (:n, :h, 1, 1) on conflict do nothing returning 1",
                    {"n": self.name, "h": self.holder},
                )
                self.number = 1 if done else None
            elif self.number is not None and row[1] == self.number and row[0] == self.holder:
                await tx.execute("update lease set beat = beat + 1 where name = :n", {"n": self.name})
            else:
                self.number = None
                if self._seen != (row[1], row[2]):
                    self._seen, self._seen_at = (row[1], row[2]), ticks()
                if ticks() - self._seen_at >= TAKE_OVER_AFTER:
                    await tx.execute(
                        "update lease set holder = :h, number = number + 1, beat = beat + 1 where name = :n",
                        {"h": self.holder, "n": self.name},
                    )
                    self.number = row[1] + 1
        self._beaten_at = ticks()

    async def check(self, tx: Tx) -> None:
        """Inside a transaction: raise LeaseLost unless the lease is still ours at the commit."""
        row = (
            await tx.execute("select number from lease where name = :n and holder = :h for share",
                             {"n": self.name, "h": self.holder})
        ).first()  # fmt: skip
        if row is None or row[0] != self.number:
            self.number = None
            raise LeaseLost(self.name)

    async def release(self) -> None:
        """Let a standby have it at once."""
        if self.number is None:
            return
        async with self.transactions() as tx:
            await tx.connection.execute(
                "delete from lease where name = :n and holder = :h and number = :v",
                {"n": self.name, "h": self.holder, "v": self.number},
            )
        self.number = None
