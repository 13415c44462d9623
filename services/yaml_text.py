"""Reads the text of a YAML file (1.2) into what the same JSON would have been.

`NO` stays a text, and so do `17:30`, `2026-01-05` and `+351910000001`: a roster means what its author typed.
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.resolver import VersionedResolver

_TEXT = "tag:yaml.org,2002:str"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class _PlainResolver(VersionedResolver):
    """JSON has no instants, and a number that begins with a plus is a phone number."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        tag = super().resolve(kind, value, implicit)
        name = str(tag)
        if name == _TIMESTAMP or (name in _NUMBERS and str(value).startswith("+")):
            return type(tag)(suffix=_TEXT) if not isinstance(tag, str) else _TEXT
        return tag


def read_yaml(text: str) -> object:
    """The one document in `text` as lists, dicts, strings, numbers, booleans and None.

    Raises ValueError, in one sentence with line and column, where it is not YAML, has a key twice, or is nested deeper
    than can be read.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Resolver = _PlainResolver
    try:
        return yaml.load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
        what = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise ValueError(f"not readable as YAML: {what}{where}") from error
    except RecursionError:
        raise ValueError("not readable as YAML: it is nested too deep") from None
