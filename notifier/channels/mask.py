"""Addresses as logs, records and screens may show them: enough to recognise, too little to use.

A phone number or a mail address never leaves the notifier whole but to the one who carries it; what somebody else said
is text that can be kept, whatever bytes it was.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from notifier.messages.plain import one_line, shortened

_EMAIL = re.compile(r"[^\s<>\"'(),;:@]+@[^\s<>\"'(),;:@]+")
_PHONE = re.compile(r"(?<![\w.])\+?\d(?:[ ().-]{0,2}\d){6,14}(?!\w)")
_URL = re.compile(r"https?://[^\s<>\"']+")
_MOST_SAID = 200


def mask(address: str) -> str:
    """One address, masked: `a…@example.org`, `+351…01`, `https://hooks.example.org/…`; else `…`, but for a plain id."""
    if "://" in address:
        return _mask_url(address)
    if "@" in address:
        name, _, domain = address.rpartition("@")
        return f"{name[:1]}…@{domain}"
    digits = re.sub(r"\D", "", address)
    if len(digits) >= 5 and re.fullmatch(r"[+\d().\s-]+", address):
        plus = "+" if address.startswith("+") else ""
        return f"{plus}{digits[:3]}…{digits[-2:]}" if len(digits) >= 8 else f"{plus}…{digits[-2:]}"
    return address if re.fullmatch(r"[A-Za-z0-9._-]{1,120}", address) else "…"


def redact(text: str) -> str:
    """A text of somebody else's in one line of 200 letters at most, with every address in it masked."""
    text = _URL.sub(lambda found: _mask_url(found[0]), one_line(text))
    text = _EMAIL.sub(lambda found: mask(found[0]), text)
    return shortened(_PHONE.sub(lambda found: mask(found[0]), text), _MOST_SAID)


def _mask_url(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "…"
    if host is None:
        return "…"
    named = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{named}{f':{port}' if port else ''}/…"
