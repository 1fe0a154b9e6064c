"""What lives on below something that is to go for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import Conflict
from domain.ids import NodeKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Descendants:
    """How many there are, and some of them: what serves first, then models, then data, then runs."""

    count: int
    some: Sequence[NodeKey]


class HasDescendants(Conflict):
    """Live things descend from what was to be purged: nothing was purged."""

    def __init__(self, message: str, *, path: Sequence[str] = (), descendants: Descendants) -> None:
        super().__init__(message, path=path)
        self.descendants = descendants

    def below(self, *path: str) -> HasDescendants:
        return type(self)(self.message, path=(*path, *self.path), descendants=self.descendants)
