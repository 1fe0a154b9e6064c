"""Parameters of runs: typed values that compare exactly, with the text they were given as."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum
from typing import Any

from domain.errors import InvalidInput, TooLarge
from domain.ids import AttemptID
from domain.json_texts import write_canonical
from domain.positions import Position
from domain.texts import check_key, check_text, shown

PARAMETER_LIMIT = 4000
"""Parameters that one run may have."""

INT64_MIN, INT64_MAX = -(1 << 63), (1 << 63) - 1
_INTEGER = re.compile(r"[+-]?[0-9]{1,400}", re.ASCII)
_REAL = re.compile(
    r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,9})?|[+-]?(inf|infinity)", re.ASCII | re.IGNORECASE
)


class ParameterType(IntEnum):
    """The type of a value; its number stands in the table, and orders mixed types: boolean, number, text."""

    BOOL = 0
    INT = 1
    FLOAT = 2
    STRING = 3
    JSON = 4


class ParameterMode(Enum):
    """What to do with a parameter that the run has already."""

    IF_ABSENT = "IF_ABSENT"
    """Keep the value that is there."""
    SAME_OR_FAIL = "SAME_OR_FAIL"
    """Refuse another value."""
    REPLACE = "REPLACE"
    """Take the new value, and keep the former one in the run's history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value under its key. `raw` is its text; a number is also (nearest double, rest), which compares exactly."""

    key: str
    type: ParameterType
    raw: str
    number: float | None = None
    rest: int = 0
    boolean: bool | None = None

    @property
    def value(self) -> Any:
        """Return the value as JSON has it; infinities are floats."""
        match self.type:
            case ParameterType.BOOL:
                return self.boolean
            case ParameterType.INT:
                return int(self.number or 0) + self.rest
            case ParameterType.FLOAT:
                return self.number
            case ParameterType.STRING:
                return self.raw
            case ParameterType.JSON:
                return json.loads(self.raw)

    @property
    def text(self) -> str:
        return self.raw

    def is_same(self, other: Parameter) -> bool:
        """Say whether both have one type and one value, however it was written."""
        if self.type is not other.type or self.raw == other.raw:
            return self.type is other.type
        if self.type is ParameterType.JSON:  # in Python [true] equals [1]
            return write_canonical(self.value) == write_canonical(other.value)
        return bool(self.value == other.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerParameter:
    """A value that was replaced."""

    parameter: Parameter
    replaced_at: datetime
    replaced: Position
    attempt: AttemptID | None


def split_number(value: float) -> tuple[float, int]:
    """Return the nearest double and what an integer has beyond it; -0.0 is 0.0. Raises `OverflowError`."""
    number = float(value) + 0.0
    return number, value - int(number) if isinstance(value, int) else 0


def join_number(double: float, rest: int = 0) -> int | float:
    """Return the number that `split_number` took apart: an integer where it is whole and of 64 bits, else a double."""
    if rest or (double.is_integer() and INT64_MIN <= double <= INT64_MAX):
        return int(double) + rest
    return double


def parse_parameter(key: str, value: Any, *path: str) -> Parameter:
    """Return the parameter of a JSON value. Raises `InvalidInput` for NaN and for texts that cannot be taken."""
    here = (*path, key[:80])
    check_key(key, *here)
    match value:
        case bool():
            return Parameter(key=key, type=ParameterType.BOOL, raw="true" if value else "false", boolean=value)
        case int():
            return _make_integer(key, value, raw=None, path=here)
        case float():
            return _make_float(key, value, raw=None, path=here)
        case str():
            return Parameter(key=key, type=ParameterType.STRING, raw=check_text(value, *here))
        case _:
            return _make_json(key, value, raw=None, path=here)


def make_parameter(key: str, type_: ParameterType, text: str, *path: str) -> Parameter:
    """Return the parameter that a text means as that type; the text is kept as it was given. Raises `InvalidInput`."""
    here = (*path, key[:80])
    check_key(key, *here)
    check_text(text, *here)
    match type_:
        case ParameterType.STRING:
            return Parameter(key=key, type=type_, raw=text)
        case ParameterType.BOOL:
            if text.lower() not in ("true", "false"):
                raise _misread(text, "a boolean: true or false", here)
            return Parameter(key=key, type=type_, raw=text, boolean=text.lower() == "true")
        case ParameterType.INT:
            if _INTEGER.fullmatch(text.strip()) is None:
                raise _misread(text, "an integer of at most 400 digits", here)
            return _make_integer(key, int(text), raw=text, path=here)
        case ParameterType.FLOAT:
            if _REAL.fullmatch(text.strip()) is None:
                raise _misread(text, "a number (NaN is no parameter)", here)
            return _make_float(key, float(text), raw=text, path=here)
        case ParameterType.JSON:
            return _make_json(key, _read_json(text, here), raw=text, path=here)


def check_parameters(parameters: Iterable[Parameter], *path: str) -> tuple[Parameter, ...]:
    """Return the parameters of one request, or raise for a key given twice and for too many."""
    checked = tuple(parameters)
    if len(checked) > PARAMETER_LIMIT:
        raise TooLarge(f"{len(checked)} parameters; at most {PARAMETER_LIMIT} are taken", path=path)
    seen: set[str] = set()
    for parameter in checked:
        if parameter.key in seen:
            raise InvalidInput(f"the parameter {shown(parameter.key)} is given twice", path=path)
        seen.add(parameter.key)
    return checked


def _make_integer(key: str, value: int, *, raw: str | None, path: tuple[str, ...]) -> Parameter:
    """Return an integer; one outside int64 becomes a double, as it does in every index."""
    if INT64_MIN <= value <= INT64_MAX:
        number, rest = split_number(value)
        return Parameter(key=key, type=ParameterType.INT, raw=raw or str(value), number=number, rest=rest)
    try:
        number = float(value)
    except OverflowError as exc:
        raise InvalidInput("an integer beyond the range of a double cannot be a parameter", path=path) from exc
    return Parameter(key=key, type=ParameterType.FLOAT, raw=raw or str(value), number=number)


def _make_float(key: str, value: float, *, raw: str | None, path: tuple[str, ...]) -> Parameter:
    if math.isnan(value):
        raise InvalidInput("NaN cannot be a parameter", path=path)
    text = raw if raw is not None else repr(value + 0.0) if math.isfinite(value) else _name_infinity(value)
    return Parameter(key=key, type=ParameterType.FLOAT, raw=text, number=value + 0.0)


def _name_infinity(value: float) -> str:
    return "Infinity" if value > 0 else "-Infinity"


def _make_json(key: str, value: Any, *, raw: str | None, path: tuple[str, ...]) -> Parameter:
    canonical = write_canonical(value, *path)
    return Parameter(key=key, type=ParameterType.JSON, raw=check_text(canonical if raw is None else raw, *path))


def _read_json(text: str, path: tuple[str, ...]) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise _misread(text, "JSON", path) from exc


def _misread(text: str, what: str, path: tuple[str, ...]) -> InvalidInput:
    return InvalidInput(f"{shown(text)} is not {what}", path=path)
