"""Columns of points: read from lists or from packed base64, checked, and cut into requests."""

from __future__ import annotations

import base64
import binascii
import sys
from array import array
from dataclasses import dataclass
from typing import Any

from whence.importing.series import SeriesLine

Code = str
"""Type code of a column as `array` and `struct` spell it: `q` for int64, `d` for float64."""


class FieldError(Exception):
    """A field that cannot be taken; `field` is its place in the line."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True)
class Columns:
    """Points of one series. `times` is empty where the service shall date them."""

    key: str
    values: array[float]
    steps: array[int]
    times: array[int]
    about: dict[str, Any]
    """What else the series said: `on`, `subset`, `of`."""

    def __len__(self) -> int:
        return len(self.values)

    def cut(self, start: int, stop: int) -> dict[str, Any]:
        """Return the points from `start` up to `stop` as the input of a mutation."""
        sent: dict[str, Any] = {"key": self.key}
        sent["stepsPacked"] = _pack(self.steps[start:stop])
        sent["valuesPacked"] = _pack(self.values[start:stop])
        if self.times:
            sent["timesPacked"] = _pack(self.times[start:stop])
        return sent | self.about


def read_columns(series: SeriesLine, field: str) -> Columns:
    """Return the points of a series. Raises `FieldError` naming the column, below `field`."""
    values = _column("d", field, "values", _numbers(series.values), series.values_packed)
    steps = _column("q", field, "steps", series.steps, series.steps_packed)
    if values is None or steps is None:
        name = "values" if values is None else "steps"
        raise FieldError(f"{field}.{name}", f"is missing: give `{name}` or `{name}Packed`")
    times = _column("q", field, "timesMs", series.times_ms, series.times_packed)
    if series.time is not None:
        if times is not None:
            raise FieldError(f"{field}.time", "give `time` or `timesMs`, not both")
        times = array("q", [round(series.time.timestamp() * 1000)]) * len(values)
    for name, column in (("steps", steps), ("timesMs", times)):
        if column is not None and len(column) != len(values):
            raise FieldError(f"{field}.{name}", f"has {len(column)} entries, but there are {len(values)} values")
    about = {"on": series.on, "subset": series.subset, "of": series.of}
    return Columns(
        key=series.key,
        values=values,
        steps=steps,
        times=times or array("q"),
        about={name: said for name, said in about.items() if said is not None},
    )


def _numbers(values: list[Any] | None) -> list[float] | None:
    return None if values is None else [float(value) for value in values]


def _column(code: Code, field: str, name: str, listed: list[Any] | None, packed: str | None) -> array[Any] | None:
    if listed is not None and packed is not None:
        raise FieldError(f"{field}.{name}", "given twice: as a list and packed")
    if packed is not None:
        packed_name = name.removesuffix("Ms") + "Packed"
        return _unpack(code, packed, f"{field}.{packed_name}")
    return None if listed is None else array(code, listed)


def _unpack(code: Code, packed: str, field: str) -> array[Any]:
    try:
        raw = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise FieldError(field, "is not base64") from None
    if len(raw) % 8:
        raise FieldError(field, f"holds {len(raw)} bytes, which is no multiple of 8")
    column: array[Any] = array(code)
    column.frombytes(raw)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _pack(column: array[Any]) -> str:
    if sys.byteorder == "big":
        column.byteswap()
    return base64.b64encode(column.tobytes()).decode("ascii")
