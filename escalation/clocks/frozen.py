"""The calendars and catalogues that an incident's decision was made with: frozen versions, read once and kept.

Where a version can't be had, what is known instead is taken for the moment, and that is logged: this process's own
catalogue, the contract as it is now.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import structlog

from backbone.directory.versions import Versions
from backbone.log.sources import NotAnswered
from backbone.postgres.connection import Connection
from services.calendar import Calendar, calendar_of
from services.catalogue.model import Catalogue
from services.catalogue.parse import from_json
from services.contract.model import Contract
from services.contract.parse import build

from .incident import Incident

log = structlog.get_logger()
_MOST = 5_000

#: How the directory's objects become values here.
PARSERS = {"contract": build, "catalogue": from_json}


@dataclass(slots=True)
class Frozen:
    """Looks up what was frozen. `loaded` is the catalogue of this process."""

    versions: Versions
    loaded: Catalogue
    _calendars: dict[tuple[str, int, str | None, str], Calendar] = field(default_factory=dict)
    _catalogues: dict[str, Catalogue] = field(default_factory=dict)

    async def catalogue(self, version: str | None, connection: Connection) -> Catalogue:
        """The catalogue of a decision; this process's own before there is one."""
        if version is None or version == self.loaded.version:
            return self.loaded
        if version not in self._catalogues:
            found = await self._find("catalogue", version, 1, connection)
            if not isinstance(found, Catalogue):
                log.warning("catalogue.unknown", version=version, taken=self.loaded.version)
                return self.loaded
            self._catalogues[version] = found
        return self._catalogues[version]

    async def calendar(self, incident: Incident, connection: Connection) -> Calendar:
        """The business hours that the incident's decision counts by; the default ones before there is one."""
        catalogue = await self.catalogue(incident.catalogue, connection)
        # An earlier version did not write down which contract that was: until a correction it is the incident's own.
        number, version = incident.decided_under or incident.contract, incident.contract_version
        contract = (number, version) if number is not None and version is not None else None
        location = incident.decision.terms.location if incident.decision is not None else None
        return await self.calendar_for(contract, location, catalogue, connection)

    async def calendar_for(
        self,
        contract: tuple[str, int] | None,
        location: str | None,
        catalogue: Catalogue,
        connection: Connection,
    ) -> Calendar:
        """The business hours of a location of a contract's version, by a catalogue's windows."""
        if contract is None:
            return calendar_of(None, None, catalogue.business_hours)
        key = (*contract, location, catalogue.version)
        if key not in self._calendars:
            found = await self._find("contract", *contract, connection)
            if not isinstance(found, Contract):
                log.error("contract.unknown", contract=contract[0], version=contract[1])
                current = self.versions.directory.get("contract", contract[0])
                return calendar_of(current.value if current is not None else None, location, catalogue.business_hours)
            if len(self._calendars) > _MOST:
                self._calendars.clear()
            self._calendars[key] = calendar_of(found, location, catalogue.business_hours)
        return self._calendars[key]

    async def _find(self, kind: str, id_: str, version: int, connection: Connection) -> Any:
        """The version's value; None where it can't be had now: a promise waits for no database but its own."""
        try:
            return await self.versions.find(kind, id_, version, connection)
        except NotAnswered as error:
            log.warning("directory.not_asked", kind=kind, id=id_, version=version, error=str(error)[:200])
            return None
