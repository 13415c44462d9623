"""An instant as a parameter: with its offset, and in these centuries.

What stands at the edge of the calendar can be added to by nobody.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def _of_our_time(at: datetime) -> datetime:
    if not 1970 <= at.year < 2200:
        raise ValueError("is not in these centuries")
    return at


#: `at: Instant | None = None`.
Instant = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
