"""What a router says of balances: what is left, and what was drawn, given back or refused."""

from __future__ import annotations

from datetime import datetime

from services.instants import write_instant
from tests.harness.router import Office


async def balance(router: Office, name: str, contract: str = "WO-1") -> float:
    """How many hours or visits are left of it now."""
    return await balance_at(router, name, router.time.now(), contract)


async def balance_at(router: Office, name: str, at: datetime, contract: str = "WO-1") -> float:
    """How many hours or visits were left of it then."""
    items = (await router.get(f"/v1/contracts/{contract}/balances", at=write_instant(at)))["items"]
    found: float = next(item["left"] for item in items if item["name"] == name)
    return found


async def about_balances(router: Office) -> list[tuple[str, float]]:
    """(type, what was left) of what was said of balances since the last time."""
    return [
        (type_, payload["left"])
        for _, type_, payload in await router.said()
        if type_ in ("balance.drawn", "balance.returned", "effort.refused")
    ]
