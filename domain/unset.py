"""The mark of a field that an edit leaves as it is; `None` empties a field."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, TypeAlias, TypeVar

T = TypeVar("T")


class Unset(Enum):
    """A type of one value, so that checkers tell it from every other."""

    UNSET = "UNSET"


UNSET: Final = Unset.UNSET
Maybe: TypeAlias = T | Literal[Unset.UNSET]
