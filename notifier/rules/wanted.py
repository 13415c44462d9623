"""Whether a page is still wanted: asked before every attempt.

What is over is not paged about; what was promised and is not kept yet is.
"""

from __future__ import annotations

from notifier.pages.incident import Incident
from notifier.pages.page import Page


def unwanted(page: Page, incident: Incident) -> str | None:
    """Why nobody needs to hear of it any more; None while somebody does."""
    if incident.state != "open":
        return f"the incident is {incident.state}"
    if page.clocks and not incident.unmet_ids.intersection(page.clocks):
        return "the promise that it was about is kept, or holds no longer"
    return None
