"""The OpenAPI of an app: FastAPI's own, with bodies, scopes and problems as they really are.

Every operation says its scope (`x-scope`) or why it needs none (`x-public`); one that says neither is not served.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter

from .json_body import JsonBody
from .keys import Public, Require
from .problem import MEDIA_TYPE

_REF = "#/components/schemas/{model}"
_PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "RFC 9457.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "rule": {"type": "string", "description": "The contract's rule that refuses."},
    },
}


def body_of(schema: dict[str, Any], adapter: TypeAdapter[Any] | None, items: int | None = None) -> dict[str, Any]:
    """The `requestBody` for an adapter's type, or for so many `items` of it; what it refers to goes into components."""
    described: dict[str, Any] = {}
    if adapter is not None:
        described = adapter.json_schema(ref_template=_REF)
        components(schema).update(described.pop("$defs", {}))
    if items is not None:
        listed = {"type": "array", "items": described, "maxItems": items}
        described = {
            "type": "object", "required": ["items"], "additionalProperties": False, "properties": {"items": listed}
        }  # fmt: skip
    return {"required": True, "content": {"application/json": {"schema": described}}}


def heeds(*headers: str) -> dict[str, Any]:
    """The `openapi_extra` of a route that reads these headers itself."""
    return {"parameters": [{"name": name, "in": "header", "schema": {"type": "string"}} for name in headers]}


def components(schema: dict[str, Any]) -> dict[str, Any]:
    """The schemas that others refer to."""
    found: dict[str, Any] = schema.setdefault("components", {}).setdefault("schemas", {})
    return found


def describe(app: FastAPI, by_hand: Callable[[dict[str, Any]], None] | None = None) -> dict[str, Any]:
    """The whole OpenAPI. `by_hand` adds what FastAPI does not route: the hot operations (with `x-scope`)."""
    schema = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    for context in iter_route_contexts(app.routes):
        dependant: Dependant | None = getattr(context, "dependant", None)
        if dependant is None or context.path_format is None:
            continue
        for method in context.methods or ():
            operation = schema["paths"].get(context.path_format, {}).get(method.lower())
            if operation is not None:
                _complete(schema, operation, dependant)
    if by_hand is not None:
        by_hand(schema)
    components(schema)["Problem"] = dict(_PROBLEM)
    for _, _, operation in operations(schema):
        answers = operation.setdefault("responses", {})
        answers.pop("422", None)  # FastAPI's own, in another shape
        for status in _problems(operation):
            answers.setdefault(status, _problem(status))
        if "x-scope" in operation:
            operation["security"] = [{"key": []}]
    for unused in ("HTTPValidationError", "ValidationError"):
        components(schema).pop(unused, None)
    schema["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    return schema


def operations(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every (METHOD, path, operation)."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if method in ("get", "put", "post", "delete", "patch"):
                yield method.upper(), path, operation


def scopes_of(schema: Mapping[str, Any]) -> list[tuple[str, str, str | None]]:
    """Every (METHOD, path, scope) of an OpenAPI; `public: <reason>` for an open one, None where nobody said."""
    found = []
    for method, path, operation in operations(schema):
        scope = operation.get("x-scope")
        reason = operation.get("x-public")
        found.append((method, path, scope if scope else f"public: {reason}" if reason else None))
    return sorted(found, key=lambda row: (row[1], row[0]))


def _problems(operation: Mapping[str, Any]) -> Iterator[str]:
    """The statuses of the problems that an operation may answer, whatever it is about."""
    if "x-scope" in operation:
        yield from ("401", "403", "429")
    if "requestBody" in operation:
        yield from ("400", "408", "413", "415")
    if "requestBody" in operation or "parameters" in operation:
        yield "422"
    yield from ("4XX", "503")


def _problem(status: str) -> dict[str, Any]:
    words = f"{HTTPStatus(int(status)).phrase}." if status.isdigit() else "A problem."
    return {"description": words, "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}}


def _complete(schema: dict[str, Any], operation: dict[str, Any], dependant: Dependant) -> None:
    for call in _calls(dependant):
        if isinstance(call, Require):
            operation["x-scope"] = " or ".join(call.any_of)
        elif isinstance(call, Public):
            operation["x-public"] = call.reason
        elif isinstance(call, JsonBody):
            operation["requestBody"] = body_of(schema, call.adapter, call.items)


def _calls(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)
