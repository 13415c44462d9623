"""Whether a page is still wanted: asked before every attempt.

What is over is not paged about; what was promised and is not kept yet is.
"""

from __future__ import annotations

from notifier.messages import Reason
from notifier.pages.incident import Incident
from notifier.pages.page import Page

#: Whom only a crisis calls (BASE-CM, BASE-ESCALATE), and who was told in their place.
_IN_A_CRISIS = frozenset({Reason.CRISIS_MANAGER, Reason.ENGINEER, Reason.RAPID_ESCALATION, Reason.NOBODY_ON_CALL})


def unwanted(page: Page, incident: Incident) -> str | None:
    """Why nobody needs to hear of it any more; None while somebody does."""
    if incident.state != "open":
        return f"the incident is {incident.state}"
    if page.reason in _IN_A_CRISIS and not page.clocks and incident.urgent is False:
        return "it is no crisis any more"
    if page.reason is Reason.PROPOSAL and incident.proposed is None:
        return "what was proposed is decided, or has lost its ground"
    if page.clocks and not incident.unmet_ids.intersection(page.clocks):
        return "the promise that it was about is kept, or holds no longer"
    return None
