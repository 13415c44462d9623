"""The contract and the catalogue that a decision was made under, as they were then; nothing is guessed in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backbone.directory.versions import Versions
from backbone.postgres.connection import Connection
from backbone.web.problem import Unavailable
from services.catalogue.model import Catalogue
from services.catalogue.parse import from_json
from services.contract.model import Contract
from services.contract.parse import build

#: How the directory's objects become values here.
PARSERS = {"contract": build, "catalogue": from_json}


@dataclass(frozen=True, slots=True)
class Frozen:
    """Finds contracts and catalogues by their versions. `loaded` is the catalogue of this process."""

    versions: Versions
    loaded: Catalogue

    def live(self, number: str | None) -> Contract | None:
        """A contract as it is now; None where none is named, or nobody knows it."""
        stored = self.versions.directory.get("contract", number) if number is not None else None
        return stored.value if stored is not None else None

    async def contract(self, inputs: Mapping[str, Any] | None, connection: Connection | None = None) -> Contract | None:
        """The contract that a decision's inputs name; None where they name none. Raises Unavailable."""
        frozen = (inputs or {}).get("contract")
        if frozen is None:
            return None
        contract: Contract = await self._value("contract", frozen["number"], frozen["version"], connection)
        return contract

    async def catalogue(self, inputs: Mapping[str, Any] | None, connection: Connection | None = None) -> Catalogue:
        """The catalogue that a decision's inputs name; before there is a decision this process's. Raises Unavailable."""
        version = (inputs or {}).get("catalogue", self.loaded.version)
        if version == self.loaded.version:
            return self.loaded
        catalogue: Catalogue = await self._value("catalogue", version, 1, connection)
        return catalogue

    async def _value(self, kind: str, id_: str, version: int, connection: Connection | None) -> Any:
        found = await self.versions.find(kind, id_, version, connection)
        if found is None:
            raise Unavailable(f"version {version} of the {kind} {id_} can't be had here yet")
        return found
