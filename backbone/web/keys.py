"""API keys: who calls, what it may do, and which contracts it may see. Deny by default, on every kind of route.

A key is known by its hash alone; what is compared is compared in constant time; a route without a scope is no route.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, Protocol, get_args

from fastapi import Depends, Request
from starlette.types import Scope

from .headers import header
from .problem import Problem

ScopeName = Literal["report", "work", "manage", "view"]
SCOPES: frozenset[str] = frozenset(get_args(ScopeName))

#: Where the app's front puts the ring, and where the caller stands once it is known, in a request's ASGI scope.
RING = "critsit.ring"
CALLER = "critsit.caller"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `contracts` None: all of them. `id` is the key's; what is remembered for a key is remembered by it."""

    id: str
    name: str
    scopes: frozenset[str]
    contracts: frozenset[str] | None = None

    def sees(self, contract: str | None) -> bool:
        """Whether what belongs to this contract (None: to no contract) is there for the caller; if not, it is a 404."""
        return self.contracts is None or contract in self.contracts

    @property
    def bound(self) -> bool:
        """Whether the key belongs to a customer: it sees some contracts, and of them what is meant for the customer."""
        return self.contracts is not None


class KeyRing(Protocol):
    """Knows the keys by their hashes."""

    def find(self, hash: str) -> Caller | Awaitable[Caller | None] | None:
        """The caller whose key has this hash (see `hash_of`), or None. Called for every request: answer from memory."""
        ...


class NoKeys:
    """A ring without keys."""

    def find(self, hash: str) -> Caller | None:
        """Nobody."""
        return None


class WithAdmin:
    """A ring that also knows the admin key of the settings, which has every scope."""

    def __init__(self, ring: KeyRing, admin_key: str | None) -> None:
        self._ring = ring
        self._hash = hash_of(admin_key) if admin_key else None
        self._admin = Caller("admin", "admin", SCOPES)

    def find(self, hash: str) -> Caller | Awaitable[Caller | None] | None:
        """The admin, or whom the ring knows."""
        if self._hash is not None and hmac.compare_digest(hash, self._hash):
            return self._admin
        return self._ring.find(hash)


def new_key() -> tuple[str, str]:
    """A new key, to be shown once, and its hash, to be kept."""
    key = f"crk_{secrets.token_urlsafe(32)}"
    return key, hash_of(key)


def hash_of(key: str) -> str:
    """SHA-256 of a key, in hex. A key holds 256 random bits: a slower hash would add nothing."""
    return sha256(key.encode()).hexdigest()


async def authenticate(scope: Scope, ring: KeyRing) -> Caller:
    """Who calls, by `Authorization: Bearer …`. Raises Problem 401."""
    sent = header(scope, b"authorization")
    if sent is None:
        raise _unknown("Send a key: Authorization: Bearer <key>.")
    kind, _, token = sent.strip().partition(b" ")
    token = token.strip()
    if kind.lower() != b"bearer" or not token or len(token) > 512:
        raise _unknown("Send a key: Authorization: Bearer <key>.")
    found = ring.find(sha256(token).hexdigest())
    caller = found if found is None or isinstance(found, Caller) else await found
    if caller is None:
        raise _unknown("This key is not known here.")
    return caller


async def authorize(scope: Scope, *any_of: str) -> Caller:
    """Who calls, where it has one of these scopes; once a request; for hot routes and FastAPI's alike.

    Raises Problem: 401 without a known key, 403 without the scope, 429 where the key is used too fast.
    """
    caller: Caller | None = scope.get(CALLER)
    if caller is None:
        caller = scope[CALLER] = await authenticate(scope, scope[RING])
        limits = scope.get("critsit.limits")
        if limits is not None:
            limits.take(caller.id)
    if not caller.scopes.intersection(any_of):
        needed = " or ".join(f"“{name}”" for name in any_of)
        raise Problem(
            403, "Not allowed", f"The key “{caller.name}” lacks the scope {needed}.", type="missing-scope",
            scope=" or ".join(any_of),
        )  # fmt: skip
    return caller


def _unknown(why: str) -> Problem:
    challenge = {"WWW-Authenticate": 'Bearer realm="critsit"'}
    return Problem(401, "No valid key", why, type="no-valid-key", headers=challenge)


@dataclass(frozen=True)
class Require:
    """A route's scope, as a FastAPI dependency that gives the caller."""

    any_of: tuple[str, ...]

    async def __call__(self, request: Request) -> Caller:
        return await authorize(request.scope, *self.any_of)


@dataclass(frozen=True)
class Public:
    """A route without a key, and the reason why it is right."""

    reason: str

    async def __call__(self) -> None:
        return None


def require(scope: ScopeName, *or_one_of: ScopeName) -> Any:
    """`caller: Annotated[Caller, require("work")]`, or `caller: Caller = require("work")`. Put it before the body.

    Of several scopes one is enough.
    """
    return Depends(Require((scope, *or_one_of)))


def public(reason: str) -> Any:
    """`dependencies=[public("the link's token is its key")]`: a route that needs no key, on purpose."""
    return Depends(Public(reason))
