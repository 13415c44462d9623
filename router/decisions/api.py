"""What is on sale and what would be decided, over HTTP: the catalogue and simulations.

Nothing is stored here, and nobody is paged.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter

from backbone.ground import Ground
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, require
from services.catalogue.model import Catalogue
from services.catalogue.public import public
from services.contract.model import Contract
from services.simulate import SimulationFaults, simulate

from ..objects import faulty


def routes(ground: Ground, catalogue: Catalogue) -> APIRouter:
    """The routes of the catalogue and of simulations."""
    router = APIRouter(tags=["decisions"])

    @router.get("/v1/catalogue")
    async def read_catalogue(caller: Annotated[Caller, require("view", "report", "work", "manage")]) -> dict[str, Any]:
        """The services on sale and their terms."""
        return public(catalogue)

    @router.post("/v1/simulations")
    async def simulations(
        caller: Annotated[Caller, require("view", "manage")], body: Annotated[Any, json_body()]
    ) -> dict[str, Any]:
        """What would be decided and why, under the contract in the body, else under the stored one it names."""
        await ground.directory.refresh()

        def stored(number: str) -> Contract | None:
            found = ground.directory.get("contract", number)
            return found.value if found is not None and caller.sees(number) else None

        try:
            return simulate(body, catalogue, stored, now=ground.around.time.now())
        except SimulationFaults as error:
            raise faulty(error.faults, "That can't be simulated") from error

    return router
