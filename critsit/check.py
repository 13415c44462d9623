"""`critsit check FILE…`: contracts, rosters, policies and catalogues, all faults at once; needs no running critsit.

What is checked together is looked up together, as it would be loaded.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .documents import By, Checked, check_files
from .ending import NO, end
from .files import catalogue_at
from .options import CataloguePath, Json, print_json

if TYPE_CHECKING:
    from services.faults import Fault


def check(
    files: Annotated[list[Path], typer.Argument(help="Files or folders; a folder with a catalogue.yaml is one.")],
    catalogue: CataloguePath = None,
    json: Json = False,
) -> None:
    """Check work orders, rosters, policies and catalogues: all faults, exit 1 where there is one.

    Files that are given together belong together: a rotation may name people of any of them."""
    found = check_files(files, _by(catalogue))
    if json:
        print_json({"ok": all(one.ok for one in found), "files": [to_json(one) for one in found]})
    else:
        for one in found:
            for line in one.lines or [f"{one.file}: {one.kind}, no faults"]:
                typer.echo(line)
    if not all(one.ok for one in found):
        end(NO)


def to_json(one: Checked) -> dict[str, Any]:
    """What was found in a file, as `--json` tells it."""
    return {"file": str(one.file), "kind": one.kind, "ok": one.ok, "faults": [asdict(fault) for fault in one.faults]}


def _by(catalogue: Path | None) -> By:
    """Every kind; work orders and policies by the catalogue."""
    from services.roster import check_together

    def orders(bodies: list[Any]) -> list[list[Fault]]:
        from services.contract.check import check as check_order

        terms = catalogue_at(catalogue).work_order
        return [check_order(body, terms) for body in bodies]

    def policies(bodies: list[Any]) -> list[list[Fault]]:
        from escalation.policies.policy import check as check_policy

        sold = catalogue_at(catalogue)
        return [check_policy(body, sold) for body in bodies]

    def catalogues(folders: list[Path]) -> list[list[Fault]]:
        return [_catalogue(folder) for folder in folders]

    return {"work order": orders, "roster": check_together, "policy": policies, "catalogue": catalogues}


def _catalogue(folder: Path) -> list[Fault]:
    from services.catalogue.parse import CatalogueFaults, load
    from services.faults import Fault

    try:
        load(folder)
    except CatalogueFaults as error:
        return list(error.faults)
    except OSError as error:
        return [Fault("", None, "fault", f"{error.filename} can't be read: {error.strerror}")]
    return []
