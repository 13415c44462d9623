"""The words of a page, ready for every channel: the same facts, cut to what each can carry.

Nothing here knows whom it goes to or by what; that is the attempt's.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`subject` one line; `text` all of it, what a lock screen shows first; `short` for a text message, `spoken` for a
    voice, both without what can wait until the reader sits down."""

    subject: str
    text: str
    short: str
    spoken: str
