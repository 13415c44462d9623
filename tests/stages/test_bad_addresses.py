"""Odd paths and parameters over real sockets, at every route that is read: none is a 5xx, and none gets into the answer.

What is refused is a problem; the page of a link is for people, and says it in HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.harness.plain_socket import line
from tests.harness.small_app import served
from tests.harness.world import KEY, world

ODD = (
    "%00", "%ff%fe", "%ed%a0%80", "..%2f..%2f", "%0d%0aSet-Cookie:x", "%F0%9F%92%A3", "x" * 5000, "-1", "1e999", "9" * 400,
    "%27;--",
    "+", "*", "%25", "%", "%zz", "nan", "infinity", "true", "W%2F%227%22", "", "%2f", "[", "(", "{x}", "%5c", "a,b", "&&==",
    "INC-999999999999999999999", "INC-%D9%A5", "01980e00-0000-7000-8000-00000000000g", "2026-02-30", "0000-00-00",
    "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00%2B23:59", "0001-01-01T00:00:00Z", "1e11", "-1e11",
)  # fmt: skip


def addresses(schema: dict[str, Any]) -> Iterator[str]:
    """Each odd word in each place of each path, in each of its parameters, and as a parameter of its own."""
    for path, operations in schema["paths"].items():
        if "get" not in operations or path == "/v1/stream":
            continue
        sound = re.sub(r"{\w+}", "INC-000001", path)
        names = [one["name"] for one in operations["get"].get("parameters", []) if one["in"] == "query"]
        for odd in ODD:
            if sound != path:
                yield re.sub(r"{\w+}", lambda _, odd=odd: odd, path)  # type: ignore[misc]
            yield from (f"{sound}?{name}={odd}" for name in names)
            yield f"{sound}?{odd}={odd}"


async def test_no_odd_address_makes_a_5xx_and_each_refusal_is_a_problem(database: str) -> None:
    async with world(database) as there:
        await there.reports()
        asked = sorted(set(addresses(there.process.app.openapi())))
        async with served(there.process.app) as port, line(port) as one:
            for address in asked:
                await one.says(f"GET {address} HTTP/1.1\r\nAuthorization: Bearer {KEY}\r\n\r\n".encode())
                told = await one.hears()
                assert told.status < 500, address
                assert "set-cookie" not in told.headers
                if told.status >= 400 and not address.startswith("/ack/"):
                    assert told.headers["content-type"] == "application/problem+json", address
        assert len(asked) > 1000
