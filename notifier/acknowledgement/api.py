"""The link in a page: GET shows it, POST acknowledges or declines it.

Only a POST does anything, since mail scanners follow links.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import Response

from backbone.ground import Ground
from backbone.web.body import read_body
from backbone.web.keys import public
from notifier.acknowledgement.act import Acts, NoPage, Over
from notifier.acknowledgement.screen import asking, telling
from notifier.acknowledgement.token import Expired, Links, NoToken
from notifier.pages import queries
from notifier.pages.page import Page, State
from notifier.rules.wanted import unwanted

_KEY = public("the signed link is its own key: it is good for one page, and for a while")


def routes(ground: Ground, acts: Acts, links: Links) -> APIRouter:
    """The link's routes."""
    router = APIRouter(tags=["pages"])

    async def found(token: str) -> tuple[Page, str, str, str | None]:
        """The page, its incident's number and title, and why nobody is asked by it any more."""
        id_ = await links.page(token)
        async with ground.transactions.reading() as connection:
            page = await queries.one(connection, id_, None)
            if page is None:
                raise NoToken
            number, title = await queries.headline(connection, page)
            over = page.ended
            if page.state is State.EXHAUSTED:
                over = unwanted(page, await queries.incident(connection, page.incident))
        return page, number, title, over

    @router.get("/ack/{token}", dependencies=[_KEY], response_class=Response)
    async def show(token: str) -> Response:
        """What the page is about, and two buttons. Changes nothing."""
        try:
            page, number, title, over = await found(token)
        except (NoToken, Expired) as error:
            return _no_link(error)
        if page.state is State.ACKNOWLEDGED:
            return telling(200, f"{number}: acknowledged", f"Acknowledged by {page.acknowledged_by}. {title}")
        if over is not None:
            return telling(410, f"{number}: no longer wanted", f"{title} ({over})")
        words = f"You are paged as {page.purpose.role}. {page.happened}"
        return asking(number, title, words, passes_on=page.passes_on)

    @router.post("/ack/{token}", dependencies=[_KEY], response_class=Response)
    async def press(token: str, request: Request) -> Response:
        """Acknowledge; with the form's `do=decline`, decline."""
        body = await read_body(request.scope, request.receive, 4 * 1024, json=False)
        form = dict(parse_qsl(body.decode("latin-1"), max_num_fields=10)) if body else {}
        try:
            page, number, title, _ = await found(token)
            if form.get("do") == "decline":
                page = await acts.decline(page.id, None, "declined by the link")
                said = "Thank you: somebody else is asked." if page.passes_on else "Thank you."
                return telling(200, f"{number}: declined", said)
            page = await acts.acknowledge(page.id)
        except (NoToken, Expired, NoPage) as error:
            return _no_link(error)
        except Over as over:
            return telling(409, "Not any more", str(over))
        return telling(200, f"{number}: you have it", f"Acknowledged by {page.acknowledged_by}. {title}")

    return router


def _no_link(error: Exception) -> Response:
    if isinstance(error, Expired):
        return telling(410, "This link has expired", "It was good for two weeks. Look the incident up instead.")
    return telling(404, "This is no link of ours", "It is not whole, or it was never given out. Open the page again.")
