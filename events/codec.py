"""How a fact is written down and read back: JSON, unknown fields ignored, so that an older reader meets a newer sayer.

Each fact is a frozen dataclass whose `TYPE` is its name in the past tense; the types are the public ones of the topics.
"""

from __future__ import annotations

import builtins
from typing import Any, ClassVar, Self

from pydantic import TypeAdapter

_TYPES: dict[str, builtins.type[Fact]] = {}


class Fact:
    """Base of all facts. A subclass is a frozen dataclass with slots and a `TYPE`."""

    __slots__ = ()
    TYPE: ClassVar[str]
    #: Whether the customer may read it in the timeline.
    FOR_CUSTOMER: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        if "TYPE" in cls.__dict__:
            _TYPES[cls.TYPE] = cls

    @property
    def type(self) -> str:
        """The fact's public name, such as `incident.reported`."""
        return self.TYPE

    def to_json(self) -> bytes:
        """The payload as UTF-8 JSON."""
        return bytes(_adapter_of(type(self)).dump_json(self))

    @classmethod
    def from_json(cls, payload: str | bytes) -> Self:
        """A fact from its payload. Raises pydantic's ValidationError where it is not one."""
        fact: Self = _adapter_of(cls).validate_json(payload)
        return fact


_ADAPTERS: dict[builtins.type[Fact], TypeAdapter[Any]] = {}


def _adapter_of(cls: builtins.type[Fact]) -> TypeAdapter[Any]:
    """Reads and writes facts of a class; built at the first use, since building is slow."""
    if cls not in _ADAPTERS:
        _ADAPTERS[cls] = TypeAdapter(cls)
    return _ADAPTERS[cls]


def fact_type(name: str) -> builtins.type[Fact] | None:
    """The class of a public type name; None for one that this version doesn't know."""
    return _TYPES.get(name)


def read(name: str, payload: str | bytes) -> Any:
    """The fact of that type; raises KeyError for an unknown one, ValidationError for a broken one."""
    return _TYPES[name].from_json(payload)
