"""A clear refusal: which rule of the contract refuses, and why in words that a customer can read.

It is an answer, not an error: whoever asks must look at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """What was asked for is not granted, by `rule`; None where it is only the incident's state that does not allow it.

    `next_open`: the next instant (UTC) at which it can be asked for again, where waiting helps.
    """

    rule: str | None
    reason: str
    next_open: datetime | None = None
