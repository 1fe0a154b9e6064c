"""Scalars: 64-bit numbers, whole columns as one value, JSON, times and bytes, each checked once at the door."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, NewType, TypeAlias, cast

import msgspec
import numpy as np
import orjson
import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from domain.times import parse_millis

# For checkers a scalar is the type of its value; at run time it is a name that SCALARS gives a meaning.
if TYPE_CHECKING:
    Int64 = int
    Float64 = float
    Int64List = list[int]
    Float64List = list[float]
    StringList = list[str]
    JSON = Any
    JSONObject = dict[str, Any]
    DateTime = datetime
    Base64 = bytes
else:
    Int64 = NewType("Int64", int)
    Float64 = NewType("Float64", float)
    Int64List = NewType("Int64List", list[int])
    Float64List = NewType("Float64List", list[float])
    StringList = NewType("StringList", list[str])
    JSON = NewType("JSON", object)
    JSONObject = NewType("JSONObject", dict[str, Any])
    DateTime = NewType("DateTime", datetime)
    Base64 = NewType("Base64", bytes)

Column: TypeAlias = "Sequence[Any] | np.ndarray[Any, Any]"

LOWEST, HIGHEST = -(2**63), 2**63 - 1
NAMED_FLOATS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

LONG = 1024
"""Numbers from which a column is written as JSON at once."""

_Int64s = list[Annotated[int, msgspec.Meta(ge=LOWEST, le=HIGHEST)]]


def show(value: object) -> str:
    """Return a value as an error shows it: never longer than a line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def parse_int64(value: object) -> int:
    """Read a number, or a string of decimal digits. Raises `GraphQLError`."""
    number = value
    if isinstance(value, str):
        try:
            number = int(value) if len(value) <= 20 and value.isascii() and "_" not in value else value
        except ValueError:
            number = value
    if isinstance(number, bool) or not isinstance(number, int):
        raise GraphQLError(f"Int64 takes a whole number or a string of its digits, not {show(value)}")
    if not LOWEST <= number <= HIGHEST:
        raise GraphQLError(f"Int64 lies between -2^63 and 2^63 - 1, {show(value)} does not")
    return number


def parse_float64(value: object) -> float:
    """Read a number, or "NaN", "Infinity", "-Infinity". Raises `GraphQLError`."""
    if isinstance(value, str) and value in NAMED_FLOATS:
        return NAMED_FLOATS[value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise GraphQLError(f'Float64 takes a number, "NaN", "Infinity" or "-Infinity", not {show(value)}')
    try:
        return float(value)
    except OverflowError as exc:
        raise GraphQLError(f"Float64 cannot hold {show(value)}") from exc


def write_float64(value: float) -> float | str:
    """Return a number as JSON can carry it; the three that JSON lacks go by name."""
    return value if math.isfinite(value) else _name_float(value)


def _name_float(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def write_float64_list(values: Column) -> list[float | str] | msgspec.Raw:
    """Return a column; the sum of finite numbers is nearly always finite, and tells quickly that all are."""
    if isinstance(values, np.ndarray) and len(values) >= LONG and np.isfinite(values).all():
        return _write_long(values)
    column: list[float | str] = _list(values)
    if math.isfinite(sum(column)):  # type: ignore[arg-type]  # so far they are all numbers
        return column
    return [write_float64(value) for value in column]  # type: ignore[arg-type]


def write_list(values: Column) -> list[Any] | msgspec.Raw:
    """Return a column as a list of Python's own numbers: JSON's codec knows no others. A long one is JSON at once."""
    return _write_long(values) if isinstance(values, np.ndarray) and len(values) >= LONG else _list(values)


def _list(values: Column) -> list[Any]:
    if isinstance(values, np.ndarray):
        return cast("list[Any]", values.tolist())
    return values if isinstance(values, list) else list(values)


def _write_long(values: np.ndarray[Any, Any]) -> msgspec.Raw:
    """Return the JSON of a column straight from its memory: as objects a million numbers take 25 ms."""
    return msgspec.Raw(orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY))


def _parse_column(name: str, type_: Any, parse_item: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    """Return a parser of whole lists: msgspec checks them in C, the slow way finds what was wrong or by name."""

    def parse(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise GraphQLError(f"{name} takes a list, not {show(value)}")
        try:
            column: list[Any] = msgspec.convert(value, type_)
        except msgspec.ValidationError:
            column = [_parse_at(index, item, parse_item) for index, item in enumerate(value)]
        return column

    return parse


def _parse_at(index: int, item: Any, parse_item: Callable[[Any], Any]) -> Any:
    try:
        return parse_item(item)
    except GraphQLError as exc:
        raise GraphQLError(f"at index {index}: {exc.message}") from exc


def _parse_string(value: object) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"StringList takes strings, not {show(value)}")
    return value


def write_json(value: object) -> object:
    """Return a value as JSON can carry it; numbers that JSON lacks go by name."""
    return write_float64(value) if type(value) is float else value


def _parse_json_object(value: object) -> object:
    if not isinstance(value, dict):
        raise GraphQLError(f"JSONObject takes an object, not {show(value)}")
    return value


def parse_datetime(value: object) -> datetime:
    """Read RFC 3339 with its zone. Raises `GraphQLError`."""
    try:
        moment = datetime.fromisoformat(value.upper()) if isinstance(value, str) and "T" in value.upper() else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        example = "2026-11-23T10:00:00Z"
        raise GraphQLError(f"DateTime takes RFC 3339 with a zone, such as {example}, not {show(value)}")
    try:
        return moment.astimezone(UTC)
    except OverflowError as exc:
        raise GraphQLError(f"DateTime lies between the years 1 and 9999, {show(value)} does not") from exc


def write_datetime(moment: datetime | int) -> str:
    """Return RFC 3339 in UTC, to the microsecond where it has one; a number is milliseconds since 1970."""
    if isinstance(moment, int):
        moment = parse_millis(moment)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_base64(value: object) -> bytes:
    """Read base64 with its padding. Raises `GraphQLError`."""
    if not isinstance(value, str):
        raise GraphQLError(f"Base64 takes a string, not {show(value)}")
    try:
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as exc:
        raise GraphQLError(f"{show(value)} is not base64: {exc}") from exc


def _write_base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


SCALARS: dict[object, ScalarDefinition] = {
    Int64: strawberry.scalar(
        name="Int64",
        description="A whole number from -2^63 to 2^63 - 1: a number in answers, a number or a string of its digits in "
        "arguments (JavaScript loses digits of numbers beyond 2^53).",
        serialize=int,
        parse_value=parse_int64,
    ),
    Float64: strawberry.scalar(
        name="Float64",
        description='A double: a number, or "NaN", "Infinity", "-Infinity", in arguments and answers. Never null.',
        serialize=write_float64,
        parse_value=parse_float64,
    ),
    Int64List: strawberry.scalar(
        name="Int64List",
        description="A whole column of Int64 as one value: a JSON list.",
        serialize=write_list,
        parse_value=_parse_column("Int64List", _Int64s, parse_int64),
    ),
    Float64List: strawberry.scalar(
        name="Float64List",
        description='A whole column of Float64 as one value: a JSON list of numbers, "NaN", "Infinity", "-Infinity".',
        serialize=write_float64_list,
        parse_value=_parse_column("Float64List", list[float], parse_float64),
    ),
    StringList: strawberry.scalar(
        name="StringList",
        description="A whole column of strings as one value: a JSON list.",
        serialize=write_list,
        parse_value=_parse_column("StringList", list[str], _parse_string),
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description='Any JSON value. A number that JSON lacks is the string "NaN", "Infinity" or "-Infinity".',
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=write_json,
        parse_value=lambda value: value,
    ),
    JSONObject: strawberry.scalar(
        name="JSONObject",
        description="A JSON object: names to any JSON values.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        parse_value=_parse_json_object,
    ),
    DateTime: strawberry.scalar(
        name="DateTime",
        description="A moment in RFC 3339, always with its zone: 2026-11-23T10:00:00Z. Answers are in UTC.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=write_datetime,
        parse_value=parse_datetime,
    ),
    Base64: strawberry.scalar(
        name="Base64",
        description="Bytes in base64 (RFC 4648, section 4) with padding.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc4648",
        serialize=_write_base64,
        parse_value=parse_base64,
    ),
}
"""What `StrawberryConfig.scalar_map` takes. `int`, `float` and `datetime` are never used in the schema as such."""
