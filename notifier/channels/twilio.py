"""Pages as text messages and calls, over Twilio's REST API (2010-04-01) or whoever speaks it.

An answer that is not understood is a failure worth a retry, never a page believed to be sent.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Literal
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

import httpx2

from notifier.channels.port import Attempt, Failed, Outcome, Sent
from notifier.channels.settings import TwilioSettings
from notifier.messages.message import Message

_MOST_BYTES = 64 * 1024
_MOST_SMS = 1_500
_MOST_SPOKEN = 1_200
#: What a provider may call a message or a call: it is kept, and looked for by an index.
_SID = re.compile(r"[!-~]{1,100}")


class Twilio:
    """The REST API, shared by both channels; they close it once."""

    def __init__(self, settings: TwilioSettings) -> None:
        self.settings = settings
        self._client = httpx2.AsyncClient(
            base_url=settings.base_url.rstrip("/") + "/2010-04-01/Accounts/" + settings.account,
            auth=(settings.account, settings.token),
            follow_redirects=False,
            trust_env=False,
            timeout=settings.timeout,
        )

    async def create(self, what: Literal["Messages", "Calls"], form: list[tuple[str, str]]) -> Outcome:
        """Asks for a message or a call."""
        try:
            async with asyncio.timeout(self.settings.timeout):
                return await self._create(what, form)
        except TimeoutError:
            return Failed(f"the provider did not answer within {self.settings.timeout:g} s", retry=True)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            return Failed(f"the provider can't be reached: {type(error).__name__}", retry=True)

    async def close(self) -> None:
        """Closes the client; closing twice is fine."""
        await self._client.aclose()

    async def _create(self, what: str, form: list[tuple[str, str]]) -> Outcome:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        async with self._client.stream("POST", f"/{what}.json", content=urlencode(form), headers=headers) as answer:
            body = await _bounded(answer)
        said = _object(body)
        if not answer.is_success:
            # Only the code is repeated: the provider's sentence has the number in it.
            code = said.get("code")
            named = f" (code {code})" if isinstance(code, int) else ""
            passing = answer.status_code == 429 or answer.status_code >= 500
            return Failed(f"the provider answered {answer.status_code}{named}", retry=passing)
        sid = said.get("sid")
        if not isinstance(sid, str) or not _SID.fullmatch(sid):
            return Failed(f"the provider answered {answer.status_code} without saying what it made", retry=True)
        if said.get("status") in ("failed", "undelivered", "canceled"):
            return Failed(f"the provider took it and gave up: {said.get('status')}", retry=False)
        return Sent(sid)


class Sms:
    """Text messages."""

    def __init__(self, twilio: Twilio, sender: str) -> None:
        self._twilio = twilio
        self._sender = sender

    async def send(self, message: Message, address: str, attempt: Attempt) -> Outcome:
        """One message to the E.164 `address`; a repeat says so at its end."""
        body = message.short[:_MOST_SMS] + (" (repeated)" if attempt.repeat else "")
        form = [("To", address), ("From", self._sender), ("Body", body)]
        callback = _callback(self._twilio.settings, attempt)
        if callback is not None:
            form.append(("StatusCallback", callback))
        return await self._twilio.create("Messages", form)

    async def close(self) -> None:
        """Closes the API."""
        await self._twilio.close()


class Voice:
    """Calls that read the page aloud; pressing 1 acknowledges, 2 hands it on."""

    def __init__(self, twilio: Twilio, sender: str) -> None:
        self._twilio = twilio
        self._sender = sender

    async def send(self, message: Message, address: str, attempt: Attempt) -> Outcome:
        """One call to the E.164 `address`."""
        callback = _callback(self._twilio.settings, attempt)
        form = [("To", address), ("From", self._sender), ("Twiml", twiml(message.spoken, callback))]
        if callback is not None:
            form.append(("StatusCallback", callback))
            form += [("StatusCallbackEvent", event) for event in ("answered", "completed")]
        return await self._twilio.create("Calls", form)

    async def close(self) -> None:
        """Closes the API."""
        await self._twilio.close()


def twiml(spoken: str, callback: str | None) -> str:
    """What the voice says, twice; with a `callback`, the key that is pressed is posted there."""
    words = escape("".join(char if char.isprintable() else " " for char in spoken)[:_MOST_SPOKEN])
    say = f"<Say>{words}</Say>"
    if callback is None:
        return f'<Response>{say}<Pause length="1"/>{say}</Response>'
    gather = f'<Gather input="dtmf" numDigits="1" timeout="6" method="POST" action={quoteattr(callback)}>'
    keys = "<Say>Press 1 to take it, 2 if you cannot.</Say>"
    return f'<Response>{gather}{say}{keys}<Pause length="1"/>{say}{keys}</Gather></Response>'


def _callback(settings: TwilioSettings, attempt: Attempt) -> str | None:
    if settings.callback_url is None:
        return None
    return f"{settings.callback_url}?{urlencode({'attempt': attempt.id})}"


async def _bounded(answer: httpx2.Response) -> bytes:
    body = b""
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > _MOST_BYTES:
            return b""
    return body


def _object(body: bytes) -> dict[str, object]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
