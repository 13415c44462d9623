"""`Prefer: wait=2` (RFC 7240): how long a caller likes to wait for what follows.

A preference is never an error: what can't be read is not there.
"""

from __future__ import annotations

import re

from starlette.types import Scope

from .headers import header

#: Seconds that anybody waits at most.
MOST = 5.0
_WAIT = re.compile(rb'(?:^|[,;])\s*wait\s*=\s*"?([0-9]{1,6}(?:\.[0-9]{1,3})?)"?\s*(?=$|[,;])', re.IGNORECASE)


def wait_of(scope: Scope) -> float:
    """The seconds to wait, 0 to 5; 0 where nothing is asked for."""
    sent = header(scope, b"prefer")
    if sent is None:
        return 0.0
    found = _WAIT.search(sent)
    return min(MOST, float(found[1])) if found else 0.0
