"""Printing a filter and reading it again gives the same filter, whatever the filter."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings

from domain.errors import InvalidInput, TooLarge
from domain.filters import (
    EVERYTHING,
    NOTHING,
    And,
    Field,
    FieldLeaf,
    Filter,
    MetricLeaf,
    Not,
    Or,
    ParamLeaf,
    Statistic,
    TagLeaf,
    count_levels,
    normalise,
)
from domain.predicates import Operator, Predicate, Value
from search.language import print_query
from tests.query_language.trees import read, trees

A, B, C = (ParamLeaf(key, Predicate(Operator.EXISTS, (True,))) for key in "abc")


def equals(value: Value) -> Predicate:
    return Predicate(Operator.EQ, (value,))


@settings(max_examples=max(300, settings().max_examples), suppress_health_check=[HealthCheck.too_slow])
@given(trees)
def test_what_is_printed_is_read_as_the_same_filter(tree: Filter) -> None:
    normal = normalise(tree) if count_levels(tree) <= 10 else EVERYTHING
    text = print_query(normal)

    assert read(text) == normal
    assert print_query(read(text)) == text


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (EVERYTHING, "true"),
        (NOTHING, "false"),
        (And((A, Or((B, C)))), "param.a exists and (param.b exists or param.c exists)"),
        (Or((A, And((B, C)))), "param.a exists or param.b exists and param.c exists"),
        (Not(And((A, B))), "not (param.a exists and param.b exists)"),
        (And((Not(A), Or(()))), "not param.a exists and false"),
        (Not(ParamLeaf("a b", equals("and"))), 'not param."a b" = "and"'),
        (MetricLeaf("val/loss", Statistic.BEST, equals(float("-inf"))), "best(val/loss) = -Infinity"),
        (TagLeaf("fold", equals(3)), 'tag.fold = "3"'),
        (FieldLeaf(Field.CREATED_AT, equals(datetime(2026, 1, 2, 3, 4, 5, 6000, UTC))),
         "createdAt = 2026-01-02T03:04:05.006000Z"),
        (FieldLeaf(Field.EXPERIMENT, equals(str(UUID(int=1)))), f'experiment = "{UUID(int=1)}"'),
        (FieldLeaf(Field.EXPERIMENT, equals(UUID(int=1))), f"experiment = {UUID(int=1)}"),
        (ParamLeaf("a", equals('"\\\n\u2028é')), 'param.a = "\\"\\\\\\n\\u2028é"'),
    ],
)  # fmt: skip
def test_a_filter_is_printed_as_a_person_would_write_it(tree: Filter, text: str) -> None:
    assert print_query(tree) == text


@pytest.mark.parametrize(
    "leaf",
    [
        TagLeaf("a", equals(True)),
        ParamLeaf("a", equals(UUID(int=1))),
        MetricLeaf("a", Statistic.LAST, equals("x")),
        FieldLeaf(Field.CREATED_AT, equals("x")),
        FieldLeaf(Field.RUN, equals("x")),
        FieldLeaf(Field.NAME, equals(1)),
    ],
)
def test_a_value_that_no_text_stands_for_is_refused(leaf: Filter) -> None:
    with pytest.raises(InvalidInput, match="cannot be written"):
        print_query(leaf)


def test_a_tree_beyond_the_limits_is_not_printed() -> None:
    with pytest.raises(TooLarge, match="501 leaves"):
        print_query(And((A,) * 501))
