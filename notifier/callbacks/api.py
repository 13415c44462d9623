"""`POST /v1/callbacks/twilio`: what became of a message or a call, and the key that was pressed on it.

Nothing is believed before the signature is right; the same call twice changes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from backbone.ground import Ground
from backbone.web.body import read_body
from backbone.web.keys import public
from backbone.web.problem import Problem
from notifier.acknowledgement.act import Acts, NoPage, Over
from notifier.callbacks.receipt import take
from notifier.channels.twilio_callback import Receipt, read_receipt, signed_by_twilio
from notifier.metrics import Metrics
from notifier.pages.api import uuid_of

_SAID = '<?xml version="1.0" encoding="UTF-8"?><Response>{}</Response>'


def routes(
    ground: Ground, acts: Acts, metrics: Metrics, *, token: str | None, url: str, wake: Callable[[], None]
) -> APIRouter:
    """The callback's route; without a `token` nobody is believed. `url` is what Twilio was told to call."""
    router = APIRouter(tags=["callbacks"])

    @router.post("/v1/callbacks/twilio", dependencies=[public("signed by the provider")], response_class=Response)
    async def twilio(request: Request) -> Response:
        """A status, or a pressed key."""
        body = await read_body(request.scope, request.receive, 64 * 1024, json=False)
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200)
        form = dict(pairs)
        signature = request.headers.get("x-twilio-signature", "")
        query = request.scope.get("query_string", b"").decode("latin-1")
        called = f"{url}?{query}" if query else url
        # Without a token of the account a random one is compared with: the same work, and never right.
        if not signed_by_twilio(called, form, signature, token or secrets.token_hex(32)) or len(form) != len(pairs):
            raise Problem(403, "Not signed", "The signature is not right.", type="bad-signature")
        receipt = read_receipt(form)
        attempt = uuid_of(request.query_params.get("attempt", ""))
        if receipt is None:
            return Response(status_code=204)
        page = await take(ground, metrics, receipt, attempt, wake)
        return await _press(acts, page, receipt) if page is not None else Response(status_code=204)

    return router


async def _press(acts: Acts, page: UUID, receipt: Receipt) -> Response:
    said = "Thank you."
    try:
        if receipt.word == "acknowledged":
            await acts.acknowledge(page)
            said = "You have it. Thank you."
        elif receipt.word == "declined":
            declined = await acts.decline(page, None, "declined on the call")
            said = "The next one is asked. Thank you." if declined.passes_on else "Thank you."
        else:
            return Response(status_code=204)
    except (Over, NoPage):
        said = "This page is no longer wanted. Thank you."
    return Response(_SAID.format(f"<Say>{said}</Say>"), media_type="text/xml")
