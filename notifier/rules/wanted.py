"""Whether a page is still wanted: asked before every attempt.

What is over is not paged about; what was promised and is not kept yet is.
"""

from __future__ import annotations

from notifier.messages import Reason
from notifier.pages.incident import Incident
from notifier.pages.page import Page

#: Whom only a crisis calls (BASE-ESCALATE), whom the promise of a crisis manager does (BASE-CM), and who is told in
#: their place: of either.
_IN_A_CRISIS = frozenset({Reason.ENGINEER, Reason.RAPID_ESCALATION, Reason.NOBODY_ON_CALL})
_PROMISED = frozenset({Reason.CRISIS_MANAGER, Reason.NOBODY_ON_CALL})


def unwanted(page: Page, incident: Incident) -> str | None:
    """Why nobody needs to hear of it any more; None while somebody does."""
    if page.reason is Reason.NEEDS_A_HUMAN:
        # Whatever its state: what was set aside may be that it is open again.
        return "nothing of it is set aside any more" if incident.set_aside == () else None
    if incident.state != "open":
        return f"the incident is {incident.state}"
    if not page.clocks and not _is_called(page.reason, incident):
        return "it is no crisis any more"
    if page.reason is Reason.PROPOSAL and incident.proposed is None:
        return "what was proposed is decided, or has lost its ground"
    if page.clocks and not incident.unmet_ids.intersection(page.clocks):
        return "the promise that it was about is kept, or holds no longer"
    return None


def _is_called(reason: Reason, incident: Incident) -> bool:
    """Whether the incident still calls for whom the reason names; what has not been heard of calls."""
    return (
        (reason in _IN_A_CRISIS and incident.urgent is not False)
        or (reason in _PROMISED and incident.led is not False)
        or reason not in _IN_A_CRISIS | _PROMISED
    )
