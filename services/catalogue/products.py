"""Products by name: globs of work orders, and the catalogue's groups with what they leave out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache
from typing import ClassVar

from pydantic import ConfigDict


@lru_cache(maxsize=10_000)
def _compiled(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob) for glob in globs) or r"(?!)")


def matches(globs: tuple[str, ...], product: str | None) -> bool:
    """Whether one of the globs is the whole product name; no product matches nothing."""
    return product is not None and _compiled(globs).match(product) is not None


@dataclass(frozen=True, slots=True)
class Group:
    """What a name of the catalogue covers, less what it excludes. A plain name covers what is below it too."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    covers: tuple[str, ...]
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Groups:
    """The catalogue's groups by name."""

    by_name: Mapping[str, Group]
    _below: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict, compare=False, repr=False)

    def has(self, name: str, product: str | None) -> bool:
        """Whether the group covers the product."""
        if name not in self._below:
            group = self.by_name[name]
            self._below[name] = (_with_what_is_below(group.covers), _with_what_is_below(group.excludes))
        covers, excludes = self._below[name]
        return matches(covers, product) and not matches(excludes, product)


def _with_what_is_below(names: tuple[str, ...]) -> tuple[str, ...]:
    return names + tuple(f"{name}/*" for name in names if "*" not in name)
