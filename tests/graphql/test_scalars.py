"""Scalars: what they take, what they give, and what they say of the rest."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from graphql import GraphQLError

from api.scalars import SCALARS, Base64, DateTime, Float64, Float64List, Int64, Int64List, JSONObject, StringList
from api.transport.answers import encode


def parse(scalar: object, value: Any) -> Any:
    return SCALARS[scalar].parse_value(value)  # type: ignore[misc]  # every one of ours has it


def write(scalar: object, value: Any) -> Any:
    return SCALARS[scalar].serialize(value)  # type: ignore[misc]


TAKEN: list[tuple[object, Any, Any]] = [
    (Int64, 5, 5),
    (Int64, "9223372036854775807", 2**63 - 1),
    (Int64, "-9223372036854775808", -(2**63)),
    (Float64, 3, 3.0),
    (Float64, "-Infinity", -math.inf),
    (Int64List, [1, "2"], [1, 2]),
    (Float64List, [1, 2.5, "Infinity"], [1.0, 2.5, math.inf]),
    (StringList, ["a"], ["a"]),
    (DateTime, "2026-11-23T10:00:00+01:00", datetime(2026, 11, 23, 9, tzinfo=UTC)),
    (DateTime, "2026-11-23t10:00:00.5z", datetime(2026, 11, 23, 10, 0, 0, 500_000, tzinfo=UTC)),
    (Base64, "AAE=", b"\x00\x01"),
    (JSONObject, {"a": [1]}, {"a": [1]}),
]


@pytest.mark.parametrize(("scalar", "value", "read"), TAKEN)
def test_a_value_is_taken(scalar: object, value: Any, read: Any) -> None:
    assert parse(scalar, value) == read


REFUSED: list[tuple[object, Any, str]] = [
    (Int64, 2**63, "9223372036854775808 does not"),
    (Int64, "1_000", "not '1_000'"),
    (Int64, 1.0, "not 1.0"),
    (Int64, True, "not True"),
    (Float64, "inf", "not 'inf'"),
    (Float64, 10**400, "cannot hold"),
    (Int64List, [1, None], "at index 1: Int64 takes a whole number or a string of its digits, not None"),
    (Float64List, [0.5, "x"], "at index 1: Float64 takes a number"),
    (StringList, ["a", 1], "at index 1: StringList takes strings, not 1"),
    (StringList, "abc", "not 'abc'"),
    (DateTime, "2026-11-23T10:00:00", "with a zone"),
    (DateTime, "2026-11-23", "with a zone"),
    (DateTime, "0001-01-01T00:00:00+14:00", "between the years"),
    (DateTime, 5, "not 5"),
    (Base64, "AAE", "is not base64"),
    (Base64, "ä", "is not base64"),
    (JSONObject, [1], "not [1]"),
]


@pytest.mark.parametrize(("scalar", "value", "told"), REFUSED)
def test_a_value_is_refused_and_named(scalar: object, value: Any, told: str) -> None:
    with pytest.raises(GraphQLError) as caught:
        parse(scalar, value)

    assert told in caught.value.message
    assert len(caught.value.message) < 200


WRITTEN: list[tuple[object, Any, Any]] = [
    (Float64, math.nan, "NaN"),
    (Float64, -math.inf, "-Infinity"),
    (Float64List, np.array([1.0, math.nan]), [1.0, "NaN"]),
    (Float64List, [1e308, 1e308], [1e308, 1e308]),
    (Int64List, np.array([1, 2**62]), [1, 2**62]),
    (DateTime, 1764000004000, "2025-11-24T16:00:04Z"),
    (DateTime, datetime(2026, 1, 1, 0, 0, 0, 1000, tzinfo=UTC), "2026-01-01T00:00:00.001000Z"),
    (Base64, b"\x00\x01", "AAE="),
]


@pytest.mark.parametrize(("scalar", "value", "text"), WRITTEN)
def test_a_value_is_written(scalar: object, value: Any, text: Any) -> None:
    found = write(scalar, value)

    assert found == text
    assert [type(one) for one in found] == [type(one) for one in text]


EDGES = [0.1, -0.0, 5e-324, 1.7976931348623157e308, 1e22, 123456789012345680.0, 1e-7, 1.0]
LARGE = np.array([-(2**63), 2**63 - 1, 0, 7] * 500)


@pytest.mark.parametrize(
    ("scalar", "column"),
    [
        (Float64List, np.array(EDGES * 250)),
        (Float64List, np.array([*EDGES, math.nan, math.inf] * 250)),
        (Float64List, np.array(EDGES * 500)[::2]),
        (Int64List, LARGE),
        (Int64List, LARGE[::-2]),
    ],
)
def test_a_long_column_is_the_same_json_as_its_numbers(scalar: object, column: Any) -> None:
    found = json.loads(encode(write(scalar, column)))

    expected = [write(Float64, one) if scalar is Float64List else one for one in column.tolist()]
    assert [(type(one), repr(one)) for one in found] == [(type(one), repr(one)) for one in expected]
