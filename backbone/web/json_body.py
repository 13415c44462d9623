"""A JSON body as a FastAPI dependency, by the same functions as the hot route's, and described in the OpenAPI.

No route reads its body in another way: so the bounds hold everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Depends, Request
from pydantic import TypeAdapter

from .body import LIMIT, SECONDS, check, parse, parse_any, read_body
from .items import parse_items


@dataclass(frozen=True, eq=False)
class JsonBody:
    """Reads and parses the body into the adapter's type; without an adapter, into plain JSON values.

    `items`: it is `{"items": [...]}` of so many at most, each judged alone; the adapter is an item's, and only described.
    """

    adapter: TypeAdapter[Any] | None
    limit: int
    seconds: float
    items: int | None = None

    async def __call__(self, request: Request) -> Any:
        body = await read_body(request.scope, request.receive, self.limit, seconds=self.seconds)
        if self.items is not None:
            return parse_items(body, self.items)
        if self.adapter is not None:
            return parse(self.adapter, body)
        check(body)
        return parse_any(body)


def json_body(
    adapter: TypeAdapter[Any] | Any | None = None, *, limit: int = LIMIT, seconds: float = SECONDS,
    items: int | None = None,
) -> Any:  # fmt: skip
    """`reply: Annotated[Reply, json_body(Reply)]`. A type or its adapter; None gives the JSON as it is.

    In routes that are made inside a function: `reply: Reply = json_body(Reply)` (annotations see no closure).
    """
    if adapter is not None and not isinstance(adapter, TypeAdapter):
        adapter = TypeAdapter(adapter)
    return Depends(JsonBody(adapter, limit, seconds, items))
