"""Values as texts that sort as the values do: exact beyond 2^53, and of all types in one keyword field."""

from __future__ import annotations

import struct

from domain.parameters import INT64_MAX, INT64_MIN, join_number, split_number
from domain.predicates import Value, ValueType, type_of
from domain.search.shortening import shorten

LARGEST = 1.7976931348623157e308
EXACT = 2**53
"""From here on doubles leave out integers: such a bound is compared as text."""

BOUNDS = {ValueType.BOOLEAN: ("b", "c"), ValueType.NUMBER: ("n", "o"), ValueType.TEXT: ("s", "t")}
"""From where to where the texts of a type go; the first is among them, the last is not."""

_SIGN, _ALL = 1 << 63, (1 << 64) - 1


def encode_value(value: Value) -> str:
    """Return the text of a boolean, a number or a text; false < true < numbers < texts."""
    match value:
        case bool():
            return "b1" if value else "b0"
        case int() | float():
            return encode_number(value)
        case _:
            return f"s{shorten(str(value))}"


def encode_number(value: float) -> str:
    """Return 20 hex digits behind an n: the nearest double so that it sorts, then what an integer has beyond it."""
    double, rest = split_number(value) if is_int64(value) else (float(value) + 0.0, 0)
    (bits,) = struct.unpack(">Q", struct.pack(">d", double))
    ordered = bits ^ _ALL if bits & _SIGN else bits | _SIGN
    return f"n{ordered:016x}{rest + 0x8000:04x}"


def decode_value(text: str) -> bool | int | float | str:
    """Return the value of a text; a long text is its beginning and its digest."""
    match text[:1]:
        case "b":
            return text == "b1"
        case "n":
            return _decode_number(text)
        case _:
            return text[1:]


def is_int64(value: float) -> bool:
    """Say whether a value is an integer that is compared exactly."""
    return isinstance(value, int) and INT64_MIN <= value <= INT64_MAX


def is_large(value: float) -> bool:
    """Say whether a bound must be compared as text."""
    return not -EXACT < value < EXACT


def bounds_of(value: Value) -> tuple[str, str]:
    """Return from where to where the texts of a value's type go."""
    return BOUNDS[type_of(value)]


def _decode_number(text: str) -> int | float:
    ordered, rest = int(text[1:17], 16), int(text[17:21], 16) - 0x8000
    bits = ordered ^ _SIGN if ordered & _SIGN else ordered ^ _ALL
    (double,) = struct.unpack(">d", struct.pack(">Q", bits))
    return join_number(double, rest)
