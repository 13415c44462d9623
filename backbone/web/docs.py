"""`/openapi.json`, and `/docs` for reading it: a page of our own that needs nothing from elsewhere.

It works without the Internet, as everything here does.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from pydantic_core import to_json

from .keys import public
from .openapi import operations

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2.5rem;border-bottom:1px solid #d0d7de}
details{border:1px solid #d0d7de;border-radius:6px;margin:.5rem 0;padding:.4rem .8rem}summary{cursor:pointer}
b{display:inline-block;min-width:4.5rem}code,pre{font:14px/1.45 ui-monospace,monospace}
pre{background:#f6f8fa;padding:.8rem;overflow:auto;border-radius:6px}small{color:#57606a;margin-left:1rem}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}pre{background:#161b22}
details,h2{border-color:#30363d}small{color:#9198a1}a{color:#4493f8}}
"""


def docs_routes(title: str, openapi: Callable[[], dict[str, Any]]) -> APIRouter:
    """`/openapi.json` and `/docs`."""
    router = APIRouter(include_in_schema=False, dependencies=[public("it is the interface's description")])

    @router.get("/openapi.json")
    async def openapi_json() -> Response:
        return Response(to_json(openapi()), media_type="application/json")

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        return HTMLResponse(page(title, openapi()))

    return router


def page(title: str, schema: dict[str, Any]) -> str:
    """The OpenAPI as HTML: each operation by tag, what it takes, what it answers, which scope it asks for."""
    groups: dict[str, list[str]] = {}
    for method, path, operation in operations(schema):
        groups.setdefault((operation.get("tags") or ["other"])[0], []).append(_operation(method, path, operation))
    parts = "".join(f"<h2>{escape(tag)}</h2>{''.join(found)}" for tag, found in groups.items())
    types = "".join(
        f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>{_json(value)}</details>"
        for name, value in sorted(schema.get("components", {}).get("schemas", {}).items())
    )
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>"
        f"<p>Generated from <a href='openapi.json'>openapi.json</a>. Keys: <code>Authorization: Bearer …</code>.</p>"
        f"{parts}<h2>Types</h2>{types}</html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    scope = operation.get("x-scope")
    needs = f"scope {scope}" if scope else f"open: {operation.get('x-public', '')}"
    shown = {k: operation[k] for k in ("parameters", "requestBody", "responses") if k in operation}
    words = operation.get("description") or operation.get("summary") or ""
    return (
        f"<details><summary><b>{method}</b><code>{escape(path)}</code><small>{escape(needs)}</small></summary>"
        f"<p>{escape(words)}</p>{_json(shown)}</details>"
    )


def _json(value: Any) -> str:
    return f"<pre>{escape(to_json(value, indent=2).decode())}</pre>"
