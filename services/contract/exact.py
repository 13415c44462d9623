"""Money, hours and credits, counted exactly: 0.1 is a tenth here, as whoever wrote it meant.

Nothing is rounded on the way, only where a rule says so.
"""

from __future__ import annotations

from fractions import Fraction


def exact(value: float) -> Fraction:
    """The number as it is written. Raises ValueError where it is none that can be counted with."""
    try:
        return Fraction(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is not a number that can be counted with") from None


def plain(value: Fraction) -> float:
    """The number as JSON writes it: whole ones without a point."""
    return value.numerator if value.denominator == 1 else float(value)
