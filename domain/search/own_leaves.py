"""What of a question asks for the dimension of one of its facets."""

from __future__ import annotations

from domain.filters import (
    EVERYTHING,
    And,
    CommitLeaf,
    DatasetLeaf,
    DatasetPart,
    EnvironmentLeaf,
    Field,
    FieldLeaf,
    Filter,
    ParamLeaf,
    TagLeaf,
)
from domain.search.questions import By, Dimension

FIELDS = {
    Dimension.EXPERIMENT: Field.EXPERIMENT,
    Dimension.STATUS: Field.STATUS,
    Dimension.KIND: Field.KIND,
    Dimension.CREATED_BY: Field.CREATED_BY,
    Dimension.HOST: Field.HOST,
    Dimension.OWNER: Field.OWNER,
    Dimension.CREATED_AT: Field.CREATED_AT,
    Dimension.STARTED_AT: Field.STARTED_AT,
    Dimension.ENDED_AT: Field.ENDED_AT,
}
"""The field that a dimension is."""


def drop_own_leaves(condition: Filter, by: By) -> Filter:
    """Return a condition in its normal form without the leaves of a dimension: those that are operands of the topmost
    `and`, or the whole.
    """
    if isinstance(condition, And):
        return And(tuple(item for item in condition.items if not is_own_leaf(item, by)))
    return EVERYTHING if is_own_leaf(condition, by) else condition


def is_own_leaf(leaf: Filter, by: By) -> bool:
    """Say whether a condition is a leaf about a dimension, with its key."""
    match by.dimension:
        case Dimension.TAG:
            return isinstance(leaf, TagLeaf) and leaf.key == by.key
        case Dimension.PARAM:
            return isinstance(leaf, ParamLeaf) and leaf.key == by.key
        case Dimension.DATASET:
            return isinstance(leaf, DatasetLeaf) and leaf.part is DatasetPart.NAME
        case Dimension.COMMIT:
            return isinstance(leaf, CommitLeaf)
        case Dimension.ENVIRONMENT:
            return isinstance(leaf, EnvironmentLeaf)
        case dimension:
            return isinstance(leaf, FieldLeaf) and leaf.field is FIELDS[dimension]
