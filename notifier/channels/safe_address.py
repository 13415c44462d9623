"""Which network addresses a webhook may go to: public ones, and the private hosts that the operator has named.

What is checked is the address that is then connected to, never a name that could mean another one a moment later.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

#: Ranges that carry an IPv4 address inside, or that a router may bend to the inside (RFC 6052, 8215, 3056, 4380, 4291).
_BENT = tuple(
    ip_network(text)
    for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "::ffff:0:0:0/96", "fec0::/10")
)


class Unsafe(Exception):
    """The host leads nowhere that a webhook may go; not worth a retry."""


class Unresolved(Exception):
    """The name could not be resolved just now; worth a retry."""


def is_public(address: str) -> bool:
    """Whether it is an address of the public Internet: not loopback, private, link-local, shared, NAT64, multicast."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.scope_id is not None:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if isinstance(found, IPv6Address) and any(found in network for network in _BENT):
        return False
    return found.is_global and not _never(found)


async def safe_addresses(host: str, port: int, private_hosts: frozenset[str]) -> tuple[str, ...]:
    """The addresses of `host` that may be connected to, in the resolver's order; at least one.

    Raises Unresolved where the name leads nowhere, Unsafe where any address that it has may not be gone to."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise Unresolved(type(error).__name__) from error
    addresses = tuple(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    if not addresses:
        raise Unresolved("no address")
    if host.casefold().rstrip(".") not in private_hosts and not all(map(is_public, addresses)):
        raise Unsafe("the host is not a public one")
    return addresses


def _never(address: IPv4Address | IPv6Address) -> bool:
    return address.is_multicast or address.is_unspecified or address.is_reserved or address.is_loopback
