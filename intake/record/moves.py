"""Under which contract something was said of an incident that a correction brought under another one since.

What was said under a contract that a key does not see is not shown to it; what was said under none, or one that nobody
had, is nobody else's. A record that has no `left` never moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backbone.log.event import Event
from backbone.web.keys import Caller

from .record import Record

#: The contracts that an incident left, in order: `contract` (None: none that anybody had) and `upto`, by stage the last
#: of its facts that was said under it.
Left = Sequence[Mapping[str, Any]]


def leave(record: Record, contract: str | None, said: int, heard: Mapping[str, int]) -> None:
    """It is under another contract from now on: `said` of intake's facts, and what was `heard`, was said under this one."""
    record.view.setdefault("left", []).append({"contract": contract, "upto": {**heard, "intake": said}})
    if contract is not None:
        for item in (*record.view.get("pages", ()), *record.view.get("clocks", ()), record.view.get("proposal")):
            if item is not None:
                item.setdefault("under", contract)


def hear(record: Record, event: Event) -> None:
    """Another stage has said something; what it said before it had heard of a correction was said under the old contract."""
    heard = event.after.get("intake")
    for move in record.view.get("left", ()) if heard is not None else ():
        if heard <= move["upto"]["intake"]:
            move["upto"][event.source] = event.sequence
            return


def mark(record: Record, event: Event, data: Mapping[str, Any]) -> None:
    """What the record shows because of a fact that was said under a contract it has left, belongs to that contract."""
    contract = under(record.view.get("left", ()), event.source, event.sequence)
    if contract is None:
        return
    if event.type == "downgrade.proposed":
        record.view["proposal"]["under"] = contract
    for kind in ("page", "clock"):
        about = data.get(kind)
        if isinstance(about, dict):
            for item in record.view.get(f"{kind}s", ()):
                if item["id"] == about["id"]:
                    item["under"] = contract


def under(left: Left, stage: str, sequence: int) -> str | None:
    """The contract, left since, that a stage's fact of that number was said under; None where it is nobody else's."""
    for move in left:
        if sequence <= move["upto"].get(stage, 0):
            contract: str | None = move["contract"]
            return contract
    return None


def may_read(caller: Caller, left: Left, stage: str, sequence: int, data: Mapping[str, Any]) -> bool:
    """Whether a fact of an incident that the caller sees is for it. A clock and a decision say themselves whose they were:
    one that was made in the very transaction that heard of the correction is no other way told apart."""
    clock, decided_under = data.get("clock"), (data.get("inputs") or {}).get("contract")
    theirs = (
        under(left, stage, sequence),
        clock.get("under") if isinstance(clock, dict) else None,
        decided_under["number"] if decided_under is not None else None,
    )
    return all(contract is None or caller.sees(contract) for contract in theirs)
