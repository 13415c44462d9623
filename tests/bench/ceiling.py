"""`critsit serve intake` with a commit that stores nothing: what one process could take if its database cost nothing.

`python -m tests.bench.ceiling PORT`.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence

from backbone.postgres.direct import Direct
from critsit.main import main
from intake.incidents import store
from intake.incidents.accepted import Accepting

_numbers = itertools.count(1)


async def _take(_: Direct, batch: Sequence[Accepting]) -> dict[str, str]:
    return {item.id: store.number_of(next(_numbers)) for item in batch}


if __name__ == "__main__":
    store.take = _take
    sys.argv = ["critsit", "serve", "intake", "--port", sys.argv[1]]
    main()
