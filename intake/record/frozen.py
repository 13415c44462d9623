"""The contract and the catalogue that a decision was made under, as they were then.

A version that has not come in by the directory yet is read from the router's log; nothing is guessed in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backbone.directory.directory import Directory
from backbone.log.sources import Sources
from backbone.postgres.connection import Connection
from backbone.web.problem import Unavailable
from services.catalogue.model import Catalogue
from services.catalogue.parse import from_json
from services.contract.model import Contract
from services.contract.parse import build

_ROUTER = "router"


@dataclass(frozen=True, slots=True)
class Frozen:
    """Finds contracts and catalogues by their versions. `loaded` is the catalogue of this process."""

    directory: Directory
    sources: Sources
    loaded: Catalogue

    async def contract(self, inputs: Mapping[str, Any] | None, connection: Connection | None = None) -> Contract | None:
        """The contract that a decision's inputs name; None where they name none. Raises Unavailable."""
        frozen = (inputs or {}).get("contract")
        if frozen is None:
            return None
        found = await self._value("contract", frozen["number"], frozen["version"], connection)
        return found if isinstance(found, Contract) else build(found)

    async def catalogue(self, inputs: Mapping[str, Any] | None, connection: Connection | None = None) -> Catalogue:
        """The catalogue that a decision's inputs name; before there is a decision this process's. Raises Unavailable."""
        version = (inputs or {}).get("catalogue", self.loaded.version)
        if version == self.loaded.version:
            return self.loaded
        return from_json(await self._value("catalogue", version, 1, connection))

    async def _value(self, kind: str, id_: str, version: int, connection: Connection | None) -> Any:
        stored = await self.directory.frozen(kind, id_, version, connection)
        if stored is not None:
            return stored.value
        for event in await self.sources.spans(_ROUTER, [(f"{kind}:{id_}", version, version)]):
            return event.json()["body"]
        raise Unavailable(f"version {version} of the {kind} {id_} is not known here yet")
