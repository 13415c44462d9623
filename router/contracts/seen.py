"""Which contracts a caller sees: what belongs to somebody else is not there, to look at as little as to change."""

from __future__ import annotations

from dataclasses import dataclass

from backbone.directory.directory import Stored
from backbone.ground import Ground
from backbone.web.keys import Caller
from services.contract.model import Contract

from ..objects import Objects, missing


@dataclass(frozen=True, slots=True)
class Contracts:
    """The stored contracts, for callers."""

    ground: Ground

    def allow(self, number: str, caller: Caller) -> None:
        """Raises Problem 404 where the caller sees nothing of that number."""
        if not caller.sees(number):
            raise missing("contract", number)

    async def stored(self, number: str, caller: Caller) -> Stored:
        """The current version. Raises Problem 404."""
        self.allow(number, caller)
        return await Objects(self.ground, "contract").get(number)

    async def of(self, number: str, caller: Caller) -> Contract:
        """The contract as it is now. Raises Problem 404."""
        contract: Contract = (await self.stored(number, caller)).value
        return contract
