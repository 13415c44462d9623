"""What the link in a page shows: a few words and two buttons, on whatever phone it is opened.

Everything that somebody typed is escaped; nothing is loaded from anywhere.
"""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_STYLE = (
    "body{font:18px/1.4 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem;color:#111;"
    "background:#fff}h1{font-size:1.3rem}button{font:inherit;width:100%;padding:.9rem;margin:.4rem 0;border-radius:"
    ".5rem;border:1px solid #444;background:#fff}button.take{background:#0a5;color:#fff;border-color:#0a5}"
    "p.small{font-size:.85rem;color:#555}"
)


def asking(heading: str, title: str, words: str, *, passes_on: bool) -> HTMLResponse:
    """The page with its two buttons; `passes_on`: who can't is followed by somebody at once."""
    cannot = "I can’t: page the next one" if passes_on else "I can’t"
    return _screen(
        200,
        heading,
        f"<p>{escape(title)}</p><p>{escape(words)}</p>"
        '<form method="post"><button class="take" name="do" value="acknowledge">I have it</button></form>'
        f'<form method="post"><button name="do" value="decline">{cannot}</button></form>'
        '<p class="small">Nothing happens until you press a button.</p>',
    )


def telling(status: int, heading: str, words: str) -> HTMLResponse:
    """The page with an answer."""
    return _screen(status, heading, f"<p>{escape(words)}</p>")


def _screen(status: int, heading: str, body: str) -> HTMLResponse:
    return HTMLResponse(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(heading)}</title><style>{_STYLE}</style><h1>{escape(heading)}</h1>{body}",
        status,
        headers=_HEADERS,
    )
