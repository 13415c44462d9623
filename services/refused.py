"""A clear refusal: which rule of the contract refuses, and why in words that a customer can read.

It is an answer, not an error: whoever asks must look at it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """What was asked for is not granted, by `rule`."""

    rule: str
    reason: str
