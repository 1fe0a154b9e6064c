"""From rows as `log` takes them to packed columns of series, whole columns at a time: a point must cost nothing."""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Iterable, Mapping
from itertools import repeat
from typing import Any

Context = tuple[tuple[str, Any], ...]
"""What points were measured on and of, as fields of a series: (("on", {...}), ("of", {...}))."""


Row = tuple[Mapping[str, float], "int | None", int, "Context | None"]
"""One call of `log`: values, step, milliseconds since 1970, context. Plain: a named tuple costs as much again."""


class _Group:
    """Rows of the same keys: their values one after the other, to be cut by stride."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.times: list[int] = []
        self.values: list[float] = []


def make_series(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the rows as `MetricSeriesInput`s. Rows either all have a step or none has."""
    groups: dict[tuple[tuple[str, ...], int], _Group] = {}
    contexts: dict[int, Context | None] = {}
    has_steps = True
    for values, step, time_ms, context in rows:
        key = (tuple(values), id(context))
        group = groups.get(key)
        if group is None:
            group = groups[key] = _Group()
            contexts[key[1]] = context
        if step is None:
            has_steps = False
        else:
            group.steps.append(step)
        group.times.append(time_ms)
        group.values.extend(values.values())
    made = []
    for (keys, context_id), group in groups.items():
        about = dict(contexts[context_id] or ())
        shared = {"timesPacked": _pack("q", group.times)} | about
        if has_steps:
            shared["stepsPacked"] = _pack("q", group.steps)
        flat = array("d", group.values)
        for place, name in enumerate(keys):
            made.append({"key": name, "valuesPacked": _pack_array(flat[place :: len(keys)])} | shared)
    return made


def make_wide(row: Row) -> dict[str, Any]:
    """Return one row of many keys as the wide form of `LogMetricsInput`."""
    values, step, time_ms, context = row
    made: dict[str, Any] = {
        "keys": list(values),
        "keyIndex": list(range(len(values))),
        "valuesPacked": _pack("d", values.values()),
        "timesPacked": _pack("q", repeat(time_ms, len(values))),
    }
    if step is not None:
        made["stepsPacked"] = _pack("q", repeat(step, len(values)))
    return made | dict(context or ())


def _pack(code: str, numbers: Iterable[float]) -> str:
    return _pack_array(array(code, numbers))


def _pack_array(column: array[Any]) -> str:
    if sys.byteorder == "big":
        column.byteswap()
    return base64.b64encode(column.tobytes()).decode("ascii")
