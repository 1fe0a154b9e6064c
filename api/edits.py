"""Fields of an update: left out they stay, null empties them where that is allowed."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.unset import UNSET


def read_edit(given: strawberry.Some[Any] | None) -> Any:
    """Return what an input says about a field: a value, or that it stays as it is."""
    return UNSET if given is None else given.value
