"""The signed link of a page: whoever has it may acknowledge that one page, for a while.

Only we can make one: it is signed with a secret that lies in the database and nowhere else.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from backbone.log.tx import Transactions
from notifier.acknowledgement import store

#: How long a link is good for.
GOOD_FOR = timedelta(days=14)
_SIGNATURE = 16
_LENGTH = 16 + 4 + _SIGNATURE


class NoToken(Exception):
    """It is not a token of ours: garbled, or forged."""


class Expired(Exception):
    """It was one of ours, too long ago."""


def make(secret: bytes, page: UUID, at: datetime) -> str:
    """The token of a page, made at an instant."""
    body = page.bytes + struct.pack(">I", int(at.timestamp()) // 60)
    return urlsafe_b64encode(body + _sign(secret, body)).decode()


def read(secret: bytes, token: str, now: datetime) -> UUID:
    """The page of a token. Raises NoToken and Expired."""
    try:
        raw = urlsafe_b64decode(token.encode("ascii"))
    except (ValueError, UnicodeEncodeError):
        raise NoToken from None
    if len(raw) != _LENGTH or urlsafe_b64encode(raw).decode() != token:
        raise NoToken
    body, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
    if not hmac.compare_digest(_sign(secret, body), signature):
        raise NoToken
    (minutes,) = struct.unpack(">I", body[16:])
    if now.timestamp() // 60 - minutes > GOOD_FOR / timedelta(minutes=1):
        raise Expired
    return UUID(bytes=body[:16])


def _sign(secret: bytes, body: bytes) -> bytes:
    return hmac.new(secret, b"ack\0" + body, hashlib.sha256).digest()[:_SIGNATURE]


@dataclass(slots=True)
class Links:
    """Makes and reads links; the secret is made at the first start, and the same for all replicas."""

    transactions: Transactions
    public_url: str
    now: Callable[[], datetime]
    _secret: bytes | None = field(default=None, repr=False)

    async def ready(self) -> None:
        """Read the secret, once."""
        if self._secret is not None:
            return
        async with self.transactions() as tx:
            self._secret = await store.secret(tx, secrets.token_bytes(32))

    def link(self, page: UUID) -> str:
        """The link of a page. `ready` comes first."""
        assert self._secret is not None
        return f"{self.public_url}/ack/{make(self._secret, page, self.now())}"

    async def page(self, token: str) -> UUID:
        """The page of a token. Raises NoToken and Expired."""
        await self.ready()
        assert self._secret is not None
        return read(self._secret, token, self.now())
