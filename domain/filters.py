"""Filters: the one tree of conditions that the run table, search and aggregates understand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self, TypeAlias, Union
from uuid import UUID

from domain.errors import InvalidInput, TooLarge
from domain.lineage.roles import Role
from domain.predicates import Operator, Predicate
from domain.references import NodeRef
from domain.text.terms import Term
from domain.texts import check_key

LEVEL_LIMIT = 10
"""Levels of a tree in its normal form: a leaf is one, every operator around it one more."""

LEAF_LIMIT = 500
"""Leaves of a tree."""

WRITTEN_LIMIT = 100
"""Levels of a tree as it was written, before chains are flattened."""


class Statistic(StrEnum):
    """Which number of a series. `BEST` is the least or the greatest, by the goal of `defineMetric`; absent without."""

    FIRST = "FIRST"
    LAST = "LAST"
    MIN = "MIN"
    MAX = "MAX"
    BEST = "BEST"
    COUNT = "COUNT"


class Field(StrEnum):
    """What every run has, or may have, beside its parameters, metrics and tags; the words are those of the input."""

    CREATED_AT = "createdAt"
    STARTED_AT = "startedAt"
    ENDED_AT = "endedAt"
    STATUS = "status"
    KIND = "kind"
    NAME = "name"
    DESCRIPTION = "description"
    CREATED_BY = "createdBy"
    HOST = "host"
    NUMBER = "number"
    RUN = "run"
    PARENT = "parent"
    ATTEMPT = "attempt"
    EXPERIMENT = "experiment"
    """A text is compared with the experiment's name, a UUID with its id."""
    OWNER = "owner"
    """Of a dataset, model or deployment; a run has none."""


MATCHED_FIELDS = frozenset({Field.NAME, Field.DESCRIPTION, Field.EXPERIMENT})
"""Fields that `matches` may ask for words."""


class DatasetPart(StrEnum):
    """What a leaf about a run's data asks for."""

    NAME = "name"
    """The dataset's name, without its namespace."""
    VERSION = "version"


class Relation(StrEnum):
    """Which side of something a leaf about lineage asks for."""

    DESCENDANT_OF = "descendantOf"
    ANCESTOR_OF = "ancestorOf"


@dataclass(frozen=True, slots=True)
class MetricLeaf:
    """True of a run that has the series, and whose number fulfils the condition."""

    key: str
    of: Statistic
    condition: Predicate

    def __post_init__(self) -> None:
        check_key(self.key, "key")


@dataclass(frozen=True, slots=True)
class ParamLeaf:
    """True of a run that has the parameter, and whose value fulfils the condition."""

    key: str
    condition: Predicate

    def __post_init__(self) -> None:
        check_key(self.key, "key")


@dataclass(frozen=True, slots=True)
class TagLeaf:
    """True of a run that has the tag, and whose text fulfils the condition."""

    key: str
    condition: Predicate

    def __post_init__(self) -> None:
        check_key(self.key, "key")


@dataclass(frozen=True, slots=True)
class FieldLeaf:
    """True of a run whose field is not empty and fulfils the condition."""

    field: Field
    condition: Predicate

    def __post_init__(self) -> None:
        if self.condition.operator is Operator.MATCHES and self.field not in MATCHED_FIELDS:
            raise InvalidInput(f"{self.field} is compared as a whole, not by its words", path=["matches"])


@dataclass(frozen=True, slots=True)
class DatasetLeaf:
    """True of a run that read or wrote data (in a role, where one is given) that fulfils the condition."""

    part: DatasetPart
    condition: Predicate
    role: Role | None = None

    def __post_init__(self) -> None:
        _refuse_words(self.condition, "dataset")


@dataclass(frozen=True, slots=True)
class CommitLeaf:
    """True of a run that ran code at a commit that fulfils the condition."""

    condition: Predicate

    def __post_init__(self) -> None:
        _refuse_words(self.condition, "commit")


@dataclass(frozen=True, slots=True)
class EnvironmentLeaf:
    """True of a run that ran in an environment of which a digest fulfils the condition."""

    condition: Predicate

    def __post_init__(self) -> None:
        _refuse_words(self.condition, "environment")


@dataclass(frozen=True, slots=True)
class TextLeaf:
    """True of what has the word or phrase in its own text."""

    term: Term


@dataclass(frozen=True, slots=True)
class LineageLeaf:
    """True of what lies downstream or upstream of something. No adapter knows it: it becomes an `IdsLeaf` first."""

    relation: Relation
    of: tuple[NodeRef, ...]
    max_depth: int | None = None


@dataclass(frozen=True, slots=True)
class IdsLeaf:
    """True of a run or other node with one of these ids; sorted, each once."""

    ids: tuple[UUID, ...]

    @classmethod
    def of(cls, ids: Iterable[UUID]) -> Self:
        return cls(tuple(sorted(set(ids))))


@dataclass(frozen=True, slots=True)
class And:
    """True where all are; of none, always."""

    items: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True where one is; of none, never."""

    items: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True exactly where the other is not."""

    item: Filter


ComparingLeaf: TypeAlias = MetricLeaf | ParamLeaf | TagLeaf | FieldLeaf | DatasetLeaf | CommitLeaf | EnvironmentLeaf
"""A leaf that compares a value by a condition."""

OwnLeaf: TypeAlias = FieldLeaf | IdsLeaf
"""A leaf that the run's own row answers."""

Leaf: TypeAlias = ComparingLeaf | TextLeaf | LineageLeaf | IdsLeaf
Filter: TypeAlias = Union[And, Or, Not, Leaf]  # noqa: UP007  the classes above name it before it is there

EVERYTHING = And(())
NOTHING = Or(())


def normalise(tree: Filter) -> Filter:
    """Return the tree that means the same: chains of one operator are one, `not not` is gone, `exists: false` is
    `not exists`. Raises `TooLarge` beyond the limits.
    """
    normal = _normalise(tree, 1)
    if (levels := count_levels(normal)) > LEVEL_LIMIT:
        raise TooLarge(f"the filter has {levels} levels; at most {LEVEL_LIMIT} are taken")
    if (leaves := sum(1 for _ in iterate_leaves(normal))) > LEAF_LIMIT:
        raise TooLarge(f"the filter has {leaves} leaves; at most {LEAF_LIMIT} are taken")
    return normal


def iterate_leaves(tree: Filter) -> Iterable[Leaf]:
    """Give every leaf, from left to right."""
    match tree:
        case And() | Or():
            for item in tree.items:
                yield from iterate_leaves(item)
        case Not():
            yield from iterate_leaves(tree.item)
        case _:
            yield tree


def count_levels(tree: Filter) -> int:
    """Return how deep a tree is; one for a leaf."""
    match tree:
        case And() | Or():
            return 1 + max(map(count_levels, tree.items), default=0)
        case Not():
            return 1 + count_levels(tree.item)
        case _:
            return 1


def replace_leaves(tree: Filter, replace_leaf: Callable[[Leaf], Filter]) -> Filter:
    """Return the tree with every leaf replaced; in its normal form if it was and the new ones are leaves."""
    match tree:
        case And() | Or():
            return type(tree)(tuple(replace_leaves(item, replace_leaf) for item in tree.items))
        case Not():
            return Not(replace_leaves(tree.item, replace_leaf))
        case _:
            return replace_leaf(tree)


def _refuse_words(condition: Predicate, what: str) -> None:
    if condition.operator is Operator.MATCHES:
        raise InvalidInput(f"{what} is compared as a whole, not by its words", path=["matches"])


def _normalise(tree: Filter, level: int) -> Filter:
    if level > WRITTEN_LIMIT:
        raise TooLarge(f"the filter is written in more than {WRITTEN_LIMIT} levels")
    match tree:
        case And():
            return _chain(And, tree.items, level)
        case Or():
            return _chain(Or, tree.items, level)
        case Not():
            return _negate(_normalise(tree.item, level + 1))
        case _:
            return _normalise_leaf(tree)


def _chain(operator: type[And] | type[Or], items: tuple[Filter, ...], level: int) -> Filter:
    flat: list[Filter] = []
    for item in items:
        normal = _normalise(item, level + 1)
        # `isinstance` with a variable class does not narrow for the type checker.
        if isinstance(normal, And | Or) and type(normal) is operator:
            flat += normal.items
        else:
            flat.append(normal)
    return flat[0] if len(flat) == 1 else operator(tuple(flat))


def _negate(tree: Filter) -> Filter:
    return tree.item if isinstance(tree, Not) else Not(tree)


def _normalise_leaf(leaf: Leaf) -> Filter:
    if isinstance(leaf, TextLeaf | LineageLeaf | IdsLeaf):
        return leaf
    if leaf.condition.operator is Operator.EXISTS and leaf.condition.value is False:
        return Not(replace(leaf, condition=Predicate(Operator.EXISTS, (True,))))
    return leaf
