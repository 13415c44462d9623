"""What changed between two versions of an object: the places that differ, by JSON pointer. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_ABSENT = object()


def changed(before: Any, after: Any, pointer: str = "") -> Iterator[dict[str, Any]]:
    """`{"pointer", "before", "after"}` of each place, in the order of the later version; null where nothing was, or is.

    Lists of objects with ids are compared by them, other lists as a whole.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*after, *before)):
            here = f"{pointer}/{_escaped(name)}"
            yield from changed(before.get(name, _ABSENT), after.get(name, _ABSENT), here)
    elif isinstance(before, list) and isinstance(after, list) and (ids := _by_id(before, after)) is not None:
        yield from changed(*ids, pointer)
    elif before != after:
        yield {"pointer": pointer, "before": _shown(before), "after": _shown(after)}


def _by_id(before: list[Any], after: list[Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Both lists by their objects' ids; None where they are no lists of objects with ids of their own."""
    found: list[dict[str, Any]] = []
    for one in (before, after):
        named = {item["id"]: item for item in one if isinstance(item, dict) and isinstance(item.get("id"), str)}
        if len(named) != len(one):
            return None
        found.append(named)
    return found[0], found[1]


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _shown(value: Any) -> Any:
    return None if value is _ABSENT else value
