"""Who is asked where somebody can't take care, or does not answer: a no and a silence are followed alike.

Of those who were all paged at once nobody is followed while one of them is still asked.
"""

from __future__ import annotations

from datetime import datetime

from notifier.pages import requests
from notifier.pages.ledger import Ledger, same_matter
from notifier.pages.page import Page, Purpose
from notifier.rules.wanted import ALL_AT_ONCE
from services.roster import Roster

#: Whom somebody follows here. A duty manager's next one comes with the round, a crisis manager's by the router; nobody
#: follows the customer's people, nor executives, unless nothing reached them: whoever asked for the notice believes it given.
FOLLOWED = ALL_AT_ONCE | {Purpose.DELIVERY_MANAGER, Purpose.ESCALATION}


def follow(ledger: Ledger, page: Page, why: str, roster: Roster, now: datetime) -> None:
    """Ask whoever else can take care, after a page that ended without a yes; `why` is what is told of that."""
    asked = ledger.asked(page.incident, page.purpose)
    if page.purpose in ALL_AT_ONCE and any(same_matter(other, page) for other in asked):
        return
    of_the_cause = {o.person for o in ledger.pages(page.incident, page.purpose) if o.cause == page.cause}
    incident = ledger.incident(page.incident)
    ledger.request(page.incident, requests.the_next(page, why, of_the_cause, roster, incident, now))
