"""What is wrong with something that was handed in: every fault at once, each with its place and, if any, its rule.

A check never stops at the first fault, and never answers with an exception's text that only its author can read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

Level = Literal["fault", "warning"]

#: The words for the shapes that pydantic refuses, where its own are not plain enough.
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a field here",
    "unexpected_keyword_argument": "is not a field here",
    "string_type": "is not a text; put numbers, dates and phone numbers in quotes",
    "dataclass_type": "is not an object",
    "dict_type": "is not an object",
    "tuple_type": "is not a list",
    "list_type": "is not a list",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `pointer` is a JSON pointer (RFC 6901) into what was handed in, "" for all of it; `rule` a rule id of
    the catalogue, None where it is a matter of form; a `warning` does not refuse."""

    pointer: str
    rule: str | None
    level: Level
    message: str


def pointer(*parts: str | int) -> str:
    """The JSON pointer (RFC 6901) to the given keys and indexes: `pointer("people", 0)` is `/people/0`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def faults_of_shape(error: ValidationError, under: str = "") -> list[Fault]:
    """Every fault of form that pydantic found, with its pointer below `under`."""
    return [
        Fault(under + pointer(*item["loc"]), None, "fault", _WORDS.get(item["type"]) or _plain(item["msg"]))
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def refuses(faults: Iterable[Fault]) -> bool:
    """Whether any of them is more than a warning."""
    return any(fault.level == "fault" for fault in faults)


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "should be")
