"""Values as texts: sorted by code point they stand as values do, and each text is one value."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.predicates import Value
from domain.search.shortening import shorten
from search.elastic.values import decode_value, encode_value

numbers = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.sampled_from([0.0, -0.0, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, math.inf, -math.inf, 5e-324, 1e308]),
)


@given(numbers, numbers)
def test_texts_of_numbers_stand_as_the_numbers_do(left: float, right: float) -> None:
    first, second = encode_value(left), encode_value(right)

    assert (first < second) == (left < right)
    assert (first == second) == (left == right)


@given(st.one_of(numbers, st.booleans(), st.text(max_size=900)))
def test_a_text_is_read_as_its_value(value: float | bool | str) -> None:
    read = decode_value(encode_value(value))

    assert read == value
    assert isinstance(read, bool) == isinstance(value, bool)
    assert isinstance(read, str) == isinstance(value, str)


@pytest.mark.parametrize(("value", "shown"), [(1.0, 1), (-0.0, 0), (2**53 + 1, 2**53 + 1), (0.5, 0.5), (1e300, 1e300)])
def test_a_whole_number_is_shown_as_an_integer(value: float, shown: float) -> None:
    assert repr(decode_value(encode_value(value))) == repr(shown)


def test_types_stand_as_boolean_number_text() -> None:
    ordered: list[Value] = [False, True, -math.inf, -1, 0, math.inf, "", "Z", "a", "\uffff", "🔥"]

    assert sorted(map(encode_value, ordered)) == list(map(encode_value, ordered))


def test_a_long_text_is_its_start_and_a_digest() -> None:
    long = "x" * 1025

    assert shorten("x" * 1024) == "x" * 1024
    assert shorten(long).startswith("x" * 900)
    assert len(shorten(long)) == 932
    assert shorten(long) != shorten(long + "y")
