"""`critsit keys`: keys made, listed and revoked. A key is shown once, when it is made."""

from __future__ import annotations

from typing import Annotated, get_args
from urllib.parse import quote

import typer
from typing_extensions import TypedDict

from .client import Client
from .ending import MISUSED, end, or_told
from .options import Json, print_json


class Key(TypedDict):
    """A key, without what would let anybody use it."""

    id: str
    name: str
    scopes: list[str]
    contracts: list[str] | None


class NewKey(TypedDict):
    """A key that was just made."""

    id: str
    key: str


def create(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    scope: Annotated[list[str], typer.Option(help="report, work, manage or view; give it once for each.")],
    contract: Annotated[list[str] | None, typer.Option(help="Bind it to a contract; give it once for each.")] = None,
    json: Json = False,
) -> None:
    """Make a key, and print it: it is shown nowhere else."""
    from backbone.web.keys import ScopeName

    known = get_args(ScopeName)
    for one in scope:
        if one not in known:
            end(MISUSED, f"--scope is {one!r}, and has to be one of {', '.join(known)}.")
    body = {"name": name, "scopes": scope} | ({"contracts": contract} if contract else {})
    with Client() as client:
        made = client.post("/v1/keys", NewKey, body)
    with or_told(f"The key {made['id']} is made and can't be shown: revoke it."):
        if json:
            print_json(made)
        else:
            typer.echo(made["key"])
    if not json:
        typer.echo(f"id {made['id']}; keep the key, it is not shown again.", err=True)


def listed(json: Json = False) -> None:
    """List the keys, without what would let anybody use them."""
    with Client() as client:
        keys = list(client.items("/v1/keys", Key))
    if json:
        print_json({"items": keys})
        return
    for key in keys:
        bound = f", bound to {', '.join(key['contracts'])}" if key["contracts"] else ""
        typer.echo(f"{key['id']}  {key['name']}: {', '.join(key['scopes'])}{bound}")
    if not keys:
        typer.echo("There are no keys but the admin key.")


def revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `keys list` has it.")], json: Json = False
) -> None:
    """Revoke a key: from now on it is not known."""
    with Client() as client:
        client.delete(f"/v1/keys/{quote(id, safe='')}")
    if json:
        print_json({"revoked": id})
    else:
        typer.echo("It is revoked.")
