"""Makes what somebody typed fit for one line of a screen.

A title can neither break the line, nor turn the writing round, nor pass itself off as what follows it.
"""

from __future__ import annotations

import unicodedata

_CUT = "..."
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
#: Persian and many an emoji are spelt with these.
_JOINERS = "\u200c\u200d"


def one_line(text: str) -> str:
    """`text` without line breaks, control characters and invisible marks, single spaces between words."""
    kept = (char if char in _JOINERS or unicodedata.category(char) not in _INVISIBLE else " " for char in text)
    return " ".join("".join(kept).split())


def shortened(text: str, most: int) -> str:
    """`text` in at most `most` characters, cut between letters and marked as cut where there is room for the mark."""
    if len(text) <= most:
        return text
    mark = _CUT if most > len(_CUT) else ""
    end = max(0, most - len(mark))
    while end > 0 and unicodedata.combining(text[end]):
        end -= 1
    return text[:end].rstrip() + mark
