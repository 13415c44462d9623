"""What an incident was opened under: the contract's version and the catalogue's, which its later decisions keep.

A customer's promise doesn't change because the contract or the catalogue is stored anew; a correction may name another.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from backbone.directory.directory import Directory, Stored
from backbone.postgres.connection import Connection
from services.catalogue.model import Catalogue
from services.catalogue.parse import from_json
from services.contract.model import Contract

from .desk import Desk


class NotFrozen(LookupError):
    """A version that an incident was opened under is not in the directory. Not worth a retry: a human is needed."""


@dataclass(slots=True)
class Frozen:
    """Finds contracts and catalogues as they were."""

    directory: Directory
    catalogue: Catalogue
    _catalogues: dict[str, Catalogue] = field(default_factory=dict)

    def current(self, number: str | None) -> Stored | None:
        """A contract as it is now; None where none is named, or nobody knows it."""
        return self.directory.get("contract", number) if number is not None else None

    def live(self, desk: Desk) -> Contract | None:
        """The desk's contract as it is now: what was bought meanwhile counts for balances."""
        stored = self.current(desk.contract)
        return stored.value if stored is not None else None

    def take(self, desk: Desk) -> None:
        """Freeze the contract that the report names as it is now, and at the first decision the catalogue."""
        stored = self.current(desk.contract)
        desk.contract_version = stored.version if stored is not None else None
        if desk.catalogue is None:
            desk.catalogue = self.catalogue.version

    async def contract(self, desk: Desk, connection: Connection) -> Stored | None:
        """The version of the contract that holds for the desk. Raises NotFrozen."""
        if desk.contract is None or desk.contract_version is None:
            return None
        stored = await self.directory.frozen("contract", desk.contract, desk.contract_version, connection)
        if stored is None:
            raise NotFrozen(f"version {desk.contract_version} of the contract {desk.contract}")
        return stored

    async def catalogue_of(self, desk: Desk, connection: Connection) -> Catalogue:
        """The catalogue that holds for the desk. Raises NotFrozen."""
        version = desk.catalogue
        if version is None or version == self.catalogue.version:
            return self.catalogue
        if version not in self._catalogues:
            stored = await self.directory.frozen("catalogue", version, 1, connection)
            if stored is None:
                raise NotFrozen(f"the catalogue {version}")
            self._catalogues[version] = from_json(stored.body)
        return self._catalogues[version]
