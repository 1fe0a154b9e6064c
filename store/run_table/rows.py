"""Rows of values that fulfil a leaf."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table of values, called `v`: the runs that have one fulfil the leaf, if they are in `experiments`
    where given.
    """

    table: str
    run: str
    condition: str
    experiments: list[UUID] | None = None
