"""What a stage asks of its database: every statement that goes over its pool, without the transactions around them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

#: Transactions, and what the driver asks about a type that it meets for the first time.
_NOT_OURS = ("BEGIN;", "COMMIT;", "ROLLBACK;", "typeinfo_tree", "set_config('jit'")


@asynccontextmanager
async def statements(engine: AsyncEngine) -> AsyncIterator[list[str]]:
    """A list that fills with what is sent meanwhile; it is whole when the block is left."""
    sent: list[str] = []

    def note(asked: Any) -> None:
        if not any(words in asked.query for words in _NOT_OURS):
            sent.append(asked.query)

    def given_out(adapted: Any, *more: object) -> None:
        adapted.driver_connection.add_query_logger(note)

    def taken_back(adapted: Any, *more: object) -> None:
        if adapted is not None:
            adapted.driver_connection.remove_query_logger(note)

    pool = engine.sync_engine.pool
    event.listen(pool, "checkout", given_out)
    event.listen(pool, "checkin", taken_back)
    try:
        yield sent
        # The driver tells of a statement in the turn after it.
        await asyncio.sleep(0)
    finally:
        event.remove(pool, "checkout", given_out)
        event.remove(pool, "checkin", taken_back)
