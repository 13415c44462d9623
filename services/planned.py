"""A request for what is planned and booked, not reported: what the service is, what it needs, and whom to ask.

It is never an incident, and nothing is booked by asking.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from services.catalogue.model import Catalogue
from services.contract.charges import last_day_to_ask
from services.contract.model import Contract

_BOUGHT = {"included": "It is included in the base package", "add-on": "It is bought in addition"}


def planned(service: str, contract: Contract, catalogue: Catalogue, on: date) -> dict[str, Any] | None:
    """The answer to a request on the day `on`, as JSON; None where the catalogue has no such service to book."""
    known = catalogue.proactive.get("services", {}).get(service)
    if known is None:
        return None
    ask, by = str(catalogue.proactive["ask"]), last_day_to_ask(contract, catalogue.work_order)
    rule = catalogue.work_order.bookings.ask_before_end.rule
    until = f"at the latest on {by}" if on <= by else f"in the next term: in this one it was to be asked for by {by}"
    words = [
        f"{known['title']} ({known['section']}): {known['what']}.",
        f"{_BOUGHT[known['bought']]}{', and booked for each location' if known['per_location'] else ''}.",
        *([f"It needs {known['needs']}."] if known.get("needs") else []),
        f"It is planned and booked, and not reported as an incident: ask {ask}, {until} ({rule}).",
    ]
    rules = [*catalogue.proactive.get("rules", ()), known.get("rule")]
    return {
        "service": service,
        "title": known["title"],
        "section": known["section"],
        "what": known["what"],
        "needs": known.get("needs"),
        "bought": known["bought"],
        "per_location": known["per_location"],
        "ask": ask,
        "delivery_manager": contract.delivery_manager,
        "ask_by": by.isoformat(),
        "in_time": on <= by,
        "rules": [dict(catalogue.cite(name)) for name in dict.fromkeys(rules) if name is not None],
        "text": " ".join(words),
    }
