"""Parameters keep their type, compare exactly, and refuse what no reader could hold."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput, TooLarge
from domain.parameters import ParameterType, make_parameter, parse_parameter, split_number

INT64 = st.integers(-(2**63), 2**63 - 1)


@pytest.mark.parametrize(
    "value, type_, text",
    [
        (True, ParameterType.BOOL, "true"),
        (False, ParameterType.BOOL, "false"),
        (0, ParameterType.INT, "0"),
        (2**63 - 1, ParameterType.INT, "9223372036854775807"),
        (2**63, ParameterType.FLOAT, "9223372036854775808"),
        (0.1, ParameterType.FLOAT, "0.1"),
        (-0.0, ParameterType.FLOAT, "0.0"),
        (math.inf, ParameterType.FLOAT, "Infinity"),
        (-math.inf, ParameterType.FLOAT, "-Infinity"),
        ("", ParameterType.STRING, ""),
        ("naïve 🤖", ParameterType.STRING, "naïve 🤖"),
        (None, ParameterType.JSON, "null"),
        ({"b": [1, 2.5, None], "a": "ü"}, ParameterType.JSON, '{"a":"ü","b":[1,2.5,null]}'),
    ],
)
def test_a_json_value_has_a_type_and_a_canonical_text(value: Any, type_: ParameterType, text: str) -> None:
    parameter = parse_parameter("key", value)

    assert (parameter.type, parameter.text, parameter.value) == (type_, text, value)


@pytest.mark.parametrize(
    "type_, text, value",
    [
        (ParameterType.FLOAT, "1e-3", 0.001),
        (ParameterType.FLOAT, " +.5 ", 0.5),
        (ParameterType.FLOAT, "-inf", -math.inf),
        (ParameterType.INT, "+007", 7),
        (ParameterType.BOOL, "True", True),
        (ParameterType.STRING, "1e-3", "1e-3"),
        (ParameterType.JSON, '{"b": 1,  "a": 2}', {"a": 2, "b": 1}),
    ],
)
def test_the_long_form_keeps_the_text_as_it_was_given(type_: ParameterType, text: str, value: Any) -> None:
    parameter = make_parameter("key", type_, text)

    assert (parameter.type, parameter.text, parameter.value) == (type_, text, value)


@pytest.mark.parametrize(
    "type_, text",
    [
        (ParameterType.FLOAT, "nan"),
        (ParameterType.FLOAT, "0x10"),
        (ParameterType.FLOAT, "1_000"),
        (ParameterType.INT, "1.0"),
        (ParameterType.INT, "٣"),
        (ParameterType.INT, ""),
        (ParameterType.INT, "9" * 400),
        (ParameterType.BOOL, "1"),
        (ParameterType.JSON, "{"),
        (ParameterType.JSON, "[NaN]"),
        (ParameterType.JSON, "[" * 200 + "]" * 200),
        (ParameterType.JSON, "[" * 60_000),
        (ParameterType.JSON, '"\\u0000"'),
        (ParameterType.JSON, '{"\\ud800": 1}'),
        (ParameterType.STRING, "a\0b"),
        (ParameterType.STRING, "\udc00"),
    ],
)
def test_a_text_that_is_not_of_its_type_is_refused(type_: ParameterType, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        make_parameter("key", type_, text, "params")

    assert caught.value.path == ("params", "key")
    assert len(caught.value.message) < 200
    caught.value.message.encode("utf-8")


@pytest.mark.parametrize("value", [math.nan, {"a": [math.nan]}, {"a": math.inf}, "\ud800", {"\0": 1}, 10**400])
def test_a_value_that_nobody_can_hold_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput):
        parse_parameter("key", value)


@pytest.mark.parametrize("value", ["x" * 65_537, "é" * 32_769, {"a": "x" * 65_536}])
def test_a_value_past_the_limit_is_too_large(value: Any) -> None:
    with pytest.raises(TooLarge, match="at most 65536"):
        parse_parameter("key", value)


def test_a_value_at_the_limit_is_taken() -> None:
    assert parse_parameter("k" * 500, "é" * 32_768).value == "é" * 32_768


@given(INT64, INT64)
def test_numbers_compare_as_integers_do(a: int, b: int) -> None:
    assert (split_number(a) < split_number(b)) == (a < b)
    assert (split_number(a) == split_number(b)) == (a == b)


@given(INT64)
def test_an_integer_comes_back_whole(value: int) -> None:
    parameter = parse_parameter("key", value)

    assert parameter.value == value
    assert -(2**15) <= parameter.rest < 2**15


def test_the_same_value_is_the_same_however_it_was_written() -> None:
    def number(text: str) -> Any:
        return make_parameter("key", ParameterType.FLOAT, text)

    assert number("0.1").is_same(number("1e-1"))
    assert not number("1").is_same(parse_parameter("key", 1))
    assert not parse_parameter("key", [True]).is_same(parse_parameter("key", [1]))
    assert make_parameter("key", ParameterType.JSON, "[1, 2]").is_same(parse_parameter("key", [1, 2]))
