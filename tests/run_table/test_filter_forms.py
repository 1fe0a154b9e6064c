"""The normal form of a filter, its limits, and what a condition refuses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.errors import InvalidInput, TooLarge
from domain.filters import EVERYTHING, And, Field, FieldLeaf, Filter, Not, Or, ParamLeaf, TagLeaf, normalise
from domain.orders import FieldOrder, Order, TagOrder, check_orders
from domain.predicates import Predicate, parse_predicate

A, B, C = (ParamLeaf(key, parse_predicate("eq", 1)) for key in "abc")


def nest(levels: int) -> Filter:
    """Return a leaf under so many operators, none of which can be flattened away."""
    tree: Filter = A
    for level in range(levels):
        tree = And((tree, B)) if level % 2 else Or((tree, B))
    return tree


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (And((A, And((B, And((C,)))))), And((A, B, C))),
        (Or((Or((A, B)), C)), Or((A, B, C))),
        (And((Or((A, B)), C)), And((Or((A, B)), C))),
        (Not(Not(A)), A),
        (Not(Not(Not(A))), Not(A)),
        (And((A, Not(Not(And((B, C)))))), And((A, B, C))),
        (And((A,)), A),
        (And((And(()),)), EVERYTHING),
        (ParamLeaf("a", parse_predicate("exists", False)), Not(ParamLeaf("a", parse_predicate("exists", True)))),
        (Not(TagLeaf("a", parse_predicate("exists", False))), TagLeaf("a", parse_predicate("exists", True))),
    ],
)
def test_a_filter_has_one_normal_form(written: Filter, normal: Filter) -> None:
    assert normalise(written) == normal


def test_a_filter_of_ten_levels_is_taken_and_one_of_eleven_is_not() -> None:
    assert normalise(nest(9)) == nest(9)
    with pytest.raises(TooLarge, match="11 levels; at most 10"):
        normalise(nest(10))


def test_a_long_chain_is_one_level_however_it_was_nested() -> None:
    tree: Filter = A
    for _ in range(90):
        tree = And((tree, B))

    assert normalise(tree) == And((A, *[B] * 90))


def test_a_filter_written_in_more_than_a_hundred_levels_is_refused_before_anything_overflows() -> None:
    tree: Filter = A
    for _ in range(100_000):
        tree = Not(tree)

    with pytest.raises(TooLarge, match="more than 100 levels"):
        normalise(tree)


def test_a_filter_has_at_most_500_leaves() -> None:
    assert normalise(Or((A,) * 500)) == Or((A,) * 500)
    with pytest.raises(TooLarge, match="501 leaves; at most 500"):
        normalise(Or((A,) * 501))


def test_in_lists_at_most_10_000_values() -> None:
    assert len(parse_predicate("in", list(range(10_000))).values) == 10_000
    with pytest.raises(TooLarge, match="10001 values") as caught:
        parse_predicate("in", list(range(10_001)))
    assert caught.value.path == ("in",)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("between", [1, "2"], "two values of one type, not a number and a text"),
        ("between", [1], "two values"),
        ("between", [1, 2, 3], "two values"),
        ("between", 3, "takes a list"),
        ("in", "abc", "takes a list"),
        ("exists", 1, "true or false"),
        ("exists", "yes", "true or false"),
        ("eq", None, "cannot be compared with"),
        ("eq", {"a": 1}, "cannot be compared with"),
        ("eq", "a\0b", "NUL"),
        ("eq", "\ud800", "surrogate"),
        ("in", [1, "\udc00"], "surrogate"),
        ("lt", 10**400, "beyond the range of a double"),
        ("lt", datetime(2026, 1, 1), "no time zone"),  # noqa: DTZ001  that is the point
        ("like", "x", "no operator"),
    ],
)
def test_a_condition_that_means_nothing_is_refused_by_name(name: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        parse_predicate(name, value)

    assert caught.value.path == (name,)


@pytest.mark.parametrize("key", ["", "\0", "\ud800"])
def test_a_key_that_no_run_can_have_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        TagLeaf(key, Predicate.__new__(Predicate))

    assert caught.value.path == ("key",)


def test_an_order_counts_each_key_once_and_takes_eight() -> None:
    by_tags: list[Order] = [TagOrder(str(number)) for number in range(9)]

    assert check_orders([TagOrder("a"), TagOrder("a")]) == (TagOrder("a"),)
    assert len(check_orders(by_tags[:8])) == 8
    with pytest.raises(TooLarge, match="9 keys; at most 8"):
        check_orders(by_tags)


def test_runs_cannot_be_ordered_by_their_parent() -> None:
    with pytest.raises(InvalidInput, match="cannot be ordered by parent"):
        FieldOrder(Field.PARENT)


def test_equal_filters_are_one_value() -> None:
    leaf = FieldLeaf(Field.STATUS, parse_predicate("in", ["FAILED", "LOST"]))

    assert {leaf, FieldLeaf(Field.STATUS, parse_predicate("in", ["FAILED", "LOST"]))} == {leaf}
