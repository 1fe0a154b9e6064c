"""Leaves about what a run stands among: the data it read or wrote, code, environments, ancestry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import strawberry

from api.filters.conditions import TextCondition, read_condition
from api.lineage.enums import Role
from api.nodes.inputs import NodeRefInput
from domain import filters
from domain.errors import DomainError, InvalidInput
from domain.filters import DatasetPart, Relation
from domain.ids import WorkspaceID
from domain.references import NodeRef

T = TypeVar("T")

MOST_STARTS = 100
"""Nodes that one leaf about lineage may name."""


@strawberry.input(
    description="True of a run that read or wrote data whose name or version fulfils the condition; exactly one of the "
    "two is given."
)
class DatasetFilter:
    name: TextCondition | None = strawberry.field(
        default=None, description="The dataset, as `namespace/name` or by its name alone."
    )
    version: TextCondition | None = strawberry.field(default=None, description="The version's name.")
    role: Role | None = strawberry.field(default=None, description="Only what the run had in this role.")


@strawberry.input(
    description="True of what lies on one side of nodes, as `lineage` walks; of the nodes themselves it is not."
)
class AncestryFilter:
    of: list[NodeRefInput] = strawberry.field(description=f"The nodes, at most {MOST_STARTS}.")
    max_depth: int | None = strawberry.field(
        default=None, description="How many edges away at most; left out, as far as it goes."
    )


def read_surroundings(name: str, given: Any, workspace: WorkspaceID, *path: str) -> filters.Filter:
    """Return the leaf that an input means. Raises `InvalidInput`, `NotFound`, `TooLarge`."""
    head, *rest = name.split("_")
    here = (*path, head + "".join(part.title() for part in rest))
    match name:
        case "commit":
            return at_path(here, lambda: filters.CommitLeaf(read_condition(given)))
        case "environment":
            return at_path(here, lambda: filters.EnvironmentLeaf(read_condition(given)))
        case "dataset":
            return at_path(here, lambda: _read_dataset(given))
        case _:
            of = tuple(ref.to_domain(workspace, *here, "of", str(number)) for number, ref in enumerate(given.of))
            return at_path(here, lambda: _read_ancestry(Relation(here[-1]), of, given.max_depth))


def at_path(path: Sequence[str], make: Callable[[], T]) -> T:
    """Return what `make` returns; what it raises is about the input at that path."""
    try:
        return make()
    except DomainError as exc:
        raise exc.below(*path) from exc


def _read_dataset(given: DatasetFilter) -> filters.Filter:
    if given.name is not None and given.version is None:
        return filters.DatasetLeaf(DatasetPart.NAME, read_condition(given.name), given.role)
    if given.version is not None and given.name is None:
        return filters.DatasetLeaf(DatasetPart.VERSION, read_condition(given.version), given.role)
    raise InvalidInput("one of name and version is given")


def _read_ancestry(relation: Relation, of: tuple[NodeRef, ...], max_depth: int | None) -> filters.Filter:
    if not 1 <= len(of) <= MOST_STARTS:
        raise InvalidInput(f"{len(of)} nodes; 1 to {MOST_STARTS} are taken", path=["of"])
    if max_depth is not None and max_depth < 1:
        raise InvalidInput(f"maxDepth is {max_depth}; it is 1 or more", path=["maxDepth"])
    return filters.LineageLeaf(relation, of, max_depth)
