"""What names a person, a rotation and an override: two of a kind with one name would be one.

An override may come without an id; the same one gets the same id each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from services.roster.wire import instant

#: The lists of a roster, and the field that names an item of each; people come before the rotations that name them.
KEYS = {"people": "id", "rotations": "name", "overrides": "id"}


def name_of(kind: str, item: Mapping[object, object]) -> str | None:
    """The name of an item of one of the `KEYS` as it was written; None where it has none that can be read."""
    name = item.get(KEYS[kind])
    if name is None and kind == "overrides":
        return _made(item)
    return name if isinstance(name, str) else None


def override_id(rotation: str, person: str, replaces: str | None, start: datetime) -> str:
    """The id of an override that came without one, at most 120 characters, made of all but its end."""
    said = "\n".join((rotation, person, replaces or "", start.isoformat()))
    digest = sha256(said.encode(errors="surrogatepass")).hexdigest()
    return f"{f'{rotation}-{person}'[:80]}-{start:%Y%m%dT%H%M%SZ}-{digest[:12]}"


def _made(item: Mapping[object, object]) -> str | None:
    rotation, person, replaces = item.get("rotation"), item.get("person"), item.get("replaces")
    try:
        start = instant(item.get("from"))
    except ValueError:
        return None
    if isinstance(rotation, str) and isinstance(person, str) and isinstance(replaces, str | None):
        return override_id(rotation, person, replaces, start)
    return None
