"""A fact as a caller is told it, in the timeline and on the stream alike.

A customer's key is told what is meant for the customer, of incidents that it sees, and nothing that was said while they
were under a contract which it does not see.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from backbone.web.keys import Caller

from .moves import may_read
from .summary import for_customer, is_for_customer


def as_told(caller: Caller, row: Any) -> dict[str, Any] | None:
    """The data of a row of `store.timeline`; None for one that is not for the caller."""
    _, _, stage, type_, _, payload, sequence, contract, left = row
    if not caller.bound:
        whole: dict[str, Any] = from_json(payload)
        return whole
    if not caller.sees(contract) or not is_for_customer(type_):
        return None
    data = from_json(payload)
    if not may_read(caller, from_json(left) if left is not None else (), stage, sequence, data):
        return None
    if not is_for_customer(type_, data):
        return None
    told = for_customer(type_, data)
    if (before := told.get("left")) is not None and not caller.sees(before):
        # Why it was corrected is a word about whoever had it: that they had it is all that is told.
        return {name: value for name, value in told.items() if name not in ("left", "reason")}
    return told
