"""What Twilio tells us afterwards about a message or a call, and whether it is Twilio that tells.

Nothing is read before the signature is right.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from notifier.messages.plain import one_line, shortened

Word = Literal["delivered", "failed", "acknowledged", "declined", "on-the-way"]

_WORDS: Mapping[str, Word] = {
    "delivered": "delivered",
    "read": "delivered",
    "in-progress": "delivered",
    "completed": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "busy": "failed",
    "no-answer": "failed",
    "canceled": "failed",
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an attempt; `detail` is the provider's own word for it, with its error code where it gave one."""

    provider_id: str
    word: Word
    detail: str


def signed_by_twilio(url: str, form: Mapping[str, str], signature: str, token: str) -> bool:
    """Whether `signature` (X-Twilio-Signature) is that of the form posted to our full `url`, query included.

    HMAC-SHA1 over the address and the sorted fields, as Twilio's security page has it; compared in constant time."""
    signed = url + "".join(key + form[key] for key in sorted(form))
    expected = base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest())
    return hmac.compare_digest(expected, signature.encode("utf-8", "replace"))


def read_receipt(form: Mapping[str, str]) -> Receipt | None:
    """What the form says, None where it is about neither a message nor a call."""
    provider_id = one_line(form.get("MessageSid") or form.get("CallSid") or "")
    if not provider_id:
        return None
    pressed = form.get("Digits")
    if pressed is not None:
        word: Word = "acknowledged" if pressed == "1" else "declined" if pressed == "2" else "delivered"
        return Receipt(provider_id, word, one_line(f"pressed {pressed[:1]}"))
    status = form.get("MessageStatus") or form.get("CallStatus") or ""
    code = form.get("ErrorCode")
    detail = f"{status} (code {code})" if code else status
    return Receipt(provider_id, _WORDS.get(status, "on-the-way"), shortened(one_line(detail), 100))
