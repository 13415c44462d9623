"""A page as api.md shows it.

Addresses are masked; who knows more than that has the address already. The customer reads nothing of colleagues.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from notifier.channels import mask
from notifier.pages.page import Page, PageAttempt
from services.instants import write_instant_if

#: Words that name who asked, declined or took over.
_INTERNAL = frozenset({"reason", "ended"})


def shown(page: Page, attempts: Sequence[PageAttempt], *, to_customer: bool = False) -> dict[str, Any]:
    """The page in api.md's shape; `to_customer`, as the customer sees it."""
    whole = _whole(page, attempts)
    if not to_customer:
        return whole
    by = page.acknowledged_by if page.acknowledged_by == page.person else None
    return {name: value for name, value in whole.items() if name not in _INTERNAL} | {"acknowledged_by": by}


def _whole(page: Page, attempts: Sequence[PageAttempt]) -> dict[str, Any]:
    return {
        "id": str(page.id), "incident": page.incident, "for": page.purpose.value, "side": page.side.value,
        "to": page.person, "name": page.name, "state": page.state.value, "reason": page.happened,
        "created_at": write_instant_if(page.created_at), "next_at": write_instant_if(page.next_at),
        "acknowledged_at": write_instant_if(page.acknowledged_at), "acknowledged_by": page.acknowledged_by,
        "ended": page.ended, "attempt_count": page.attempts,
        "attempts": [
            {
                "id": str(a.id), "channel": a.channel, "address": mask(a.address), "at": write_instant_if(a.at),
                "outcome": a.outcome.value, "detail": a.detail or None, "repeat": a.repeat,
            }
            for a in attempts
        ],
    }  # fmt: skip
