"""Enums of the domain as enums of the schema, each value with its description."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry


def expose(cls: type[Enum], description: str, values: Mapping[str, str], *, name: str | None = None) -> None:
    """Make a domain enum known to the schema under its own names. Raises `KeyError` for a value without a text."""
    exposed: Any = strawberry.enum(cls, name=name or cls.__name__, description=description)
    for value in exposed.__strawberry_definition__.values:
        value.description = values[value.name]
