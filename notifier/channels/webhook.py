"""Pages as signed webhooks (Standard Webhooks): the receiver can tell that it is us, and that it has seen it before.

Connects only to an address that was checked after resolving; follows nothing, reads no more than the status.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC

import httpx2
from standardwebhooks import Webhook as Signer
from standardwebhooks.webhooks import EmptyWebhookSecretError

from notifier.channels.port import Attempt, Delivered, Failed, Outcome
from notifier.channels.safe_address import Unresolved, Unsafe, safe_addresses
from notifier.channels.settings import WebhookSettings
from notifier.messages.message import Message
from services.instants import write_instant

#: Answers below 500 that may be different in a moment.
_PASSING = frozenset({408, 425, 429})


class Webhook:
    """Whoever listens at an address of their own. The webhook's id is the attempt's: a repeat is recognised by it."""

    def __init__(self, settings: WebhookSettings) -> None:
        """Raises ValueError where a secret is none."""
        self._settings = settings
        self._private = frozenset(host.casefold().rstrip(".") for host in settings.private_hosts)
        if not settings.secrets:
            raise ValueError("a webhook needs a secret to be signed with")
        self._signers = tuple(map(_signer, settings.secrets))
        # A kept connection was checked for another host: none is kept. No proxy of the environment may be in between.
        self._client = httpx2.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            timeout=settings.timeout,
            limits=httpx2.Limits(max_keepalive_connections=0),
        )

    async def send(self, message: Message, address: str, attempt: Attempt) -> Outcome:
        """One POST; any 2xx is delivered, a redirect is a refusal."""
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await self._post(message, httpx2.URL(address), attempt)
        except TimeoutError:
            return Failed(f"no answer within {self._settings.timeout:g} s", retry=True)
        except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
            return Failed(f"not an address that can be posted to: {type(error).__name__}", retry=False)
        except Unsafe as error:
            return Failed(str(error), retry=False)
        except Unresolved as error:
            return Failed(f"the host's name leads nowhere: {error}", retry=True)
        except (httpx2.HTTPError, OSError) as error:
            return Failed(f"the receiver can't be reached: {type(error).__name__}", retry=True)

    async def close(self) -> None:
        """Closes the client."""
        await self._client.aclose()

    async def _post(self, message: Message, url: httpx2.URL, attempt: Attempt) -> Outcome:
        host = url.host
        if url.scheme not in ("http", "https") or not host:
            return Failed("not an address that can be posted to", retry=False)
        if url.scheme == "http" and host.casefold().rstrip(".") not in self._private:
            return Failed("plain http, and the host is not one of the private ones", retry=False)
        port = url.port or (443 if url.scheme == "https" else 80)
        body = payload(message, attempt)
        headers = {"Host": url.netloc.decode("ascii").rpartition("@")[2], **self._signed(body, attempt)}
        failure: httpx2.TransportError | None = None
        for checked in await safe_addresses(host, port, self._private):
            try:
                return await self._once(url.copy_with(host=checked), host, headers, body)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                failure = error  # nothing has been said yet: the next of its addresses may answer
        assert failure is not None
        raise failure

    async def _once(self, url: httpx2.URL, name: str, headers: dict[str, str], body: str) -> Outcome:
        request = self._client.build_request(
            "POST", url, content=body.encode(), headers=headers, extensions={"sni_hostname": name}
        )
        answer = await self._client.send(request, stream=True)
        await answer.aclose()
        if answer.is_success:
            return Delivered()
        if answer.is_redirect or 300 <= answer.status_code < 400:
            return Failed(f"answered {answer.status_code}; redirects are not followed", retry=False)
        return Failed(
            f"answered {answer.status_code}", retry=answer.status_code >= 500 or answer.status_code in _PASSING
        )

    def _signed(self, body: str, attempt: Attempt) -> dict[str, str]:
        at = attempt.at.astimezone(UTC)
        return {
            "Content-Type": "application/json",
            "User-Agent": "critsit",
            "webhook-id": attempt.id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(signer.sign(attempt.id, at, body) for signer in self._signers),
        }


def _signer(secret: str) -> Signer:
    try:
        return Signer(secret)
    except (ValueError, RuntimeError, EmptyWebhookSecretError):
        # Whatever the library makes of a bad secret: its own words might have the secret in them.
        raise ValueError("a secret for webhooks is none: write whsec_ and base64 after it") from None


def payload(message: Message, attempt: Attempt) -> str:
    """The body: `{"type": "page", "timestamp", "data": {…}}`; a repeat differs in `repeat` and the timestamp alone."""
    data = {
        "incident": attempt.incident,
        "number": attempt.number,
        "page": attempt.page,
        "attempt": attempt.id,
        "to": attempt.to,
        "repeat": attempt.repeat,
        "subject": message.subject,
        "short": message.short,
        "text": message.text,
        "acknowledge": attempt.link,
    }
    at = write_instant(attempt.at)
    return json.dumps({"type": "page", "timestamp": at, "data": data}, ensure_ascii=False)
