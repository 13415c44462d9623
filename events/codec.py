"""How a fact is written down and read back: JSON, unknown fields ignored, so that an older reader meets a newer sayer.

Each fact is a frozen dataclass whose `TYPE` is its name in the past tense; the types are the public ones of the topics.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, TypeVar

from pydantic import TypeAdapter

F = TypeVar("F", bound="Fact")
_TYPES: dict[str, type[Fact]] = {}


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
        return _adapter(type(self)).dump_json(self)

    @classmethod
    def from_json(cls: type[F], payload: str | bytes) -> F:
        """A fact from its payload. Raises pydantic's ValidationError where it is not one."""
        return _adapter(cls).validate_json(payload)


@cache
def _adapter(cls: type[F]) -> TypeAdapter[F]:
    return TypeAdapter(cls)


def fact_type(name: str) -> type[Fact] | None:
    """The class of a public type name; None for one that this version doesn't know."""
    return _TYPES.get(name)


def read(name: str, payload: str | bytes) -> Any:
    """The fact of that type; raises KeyError for an unknown one, ValidationError for a broken one."""
    return _TYPES[name].from_json(payload)
