"""Metric points as clients write them: in columns, as lists or packed."""

from __future__ import annotations

from typing import Any

import numpy as np
import strawberry

from api.mutating import Keyed, OfRun
from api.nodes.inputs import NodeRefInput
from api.scalars import Base64, Float64List, Int64, Int64List, StringList
from domain.errors import InvalidInput
from domain.metrics import MAX_CONTEXTS, MAX_POINTS, MAX_SERIES, Goal

PACKED = "base64 of little-endian {} of 8 bytes; in place of `{}`."


@strawberry.input(description="Points in columns.")
class ColumnsInput:
    values: Float64List | None = strawberry.field(
        default=None, description=f"Values; NaN and infinities are kept. At most {MAX_POINTS:,} points a request."
    )
    steps: Int64List | None = strawberry.field(
        default=None,
        description="Steps, one a value. Left out, they count on from the run's highest step.",
    )
    times_ms: Int64List | None = strawberry.field(
        default=None,
        description="Milliseconds since 1970, one a value. Left out, the clock of the service.",
    )
    values_packed: Base64 | None = strawberry.field(default=None, description=PACKED.format("doubles", "values"))
    steps_packed: Base64 | None = strawberry.field(default=None, description=PACKED.format("integers", "steps"))
    times_packed: Base64 | None = strawberry.field(default=None, description=PACKED.format("integers", "timesMs"))
    on: NodeRefInput | None = strawberry.field(
        default=None, description="The dataset version that the points were measured on; made when nobody knows it."
    )
    subset: str | None = strawberry.field(default=None, description="The part of it they were measured on: `test`.")
    of: NodeRefInput | None = strawberry.field(
        default=None, description="The checkpoint or model version that was measured."
    )

    @property
    def is_measured(self) -> bool:
        """Say whether the points declare what they were measured on."""
        return self.on is not None or self.of is not None or self.subset is not None


@strawberry.input(description="Points of one series in columns.")
class MetricSeriesInput(ColumnsInput):
    key: str = strawberry.field(description="The metric's key, 1 to 500 characters.")


@strawberry.input(
    description="Points of a run: either `series`, or the wide form, in which `keys` names the series and `keyIndex` "
    f"says for each value which of them it belongs to. A run has at most {MAX_SERIES:,} series, and its points at most "
    f"{MAX_CONTEXTS:,} different (`on`, `subset`, `of`)."
)
class LogMetricsInput(OfRun, ColumnsInput):
    series: list[MetricSeriesInput] | None = strawberry.field(default=None, description="Points by series.")
    keys: StringList | None = strawberry.field(default=None, description="The wide form: keys of the series.")
    key_index: Int64List | None = strawberry.field(
        default=None, description="The wide form: for each value the index of its key, counted from 0."
    )


@strawberry.input(description="What is known of a metric in an experiment.")
class DefineMetricInput(Keyed):
    experiment: str = strawberry.field(description="The experiment, by name or global id.")
    key: str = strawberry.field(description="The metric's key.")
    goal: Goal | None = strawberry.field(default=None, description="Which end is the good one: what `best` goes by.")
    unit: str | None = strawberry.field(default=None, description="Unit of the values, such as `nats` or `s`.")
    step_metric: str | None = strawberry.field(
        default=None, description="Key of the metric that is its horizontal axis, where that is not the step."
    )


@strawberry.input(description="A range of steps, both ends included.")
class StepRange:
    from_: Int64 | None = strawberry.field(default=None, name="from", description="Lowest step; left out, the first.")
    to: Int64 | None = strawberry.field(default=None, description="Highest step; left out, the last.")


def read_columns(given: ColumnsInput) -> dict[str, Any]:
    """Return the columns `values`, `steps` and `times` of an input. Raises `InvalidInput`."""
    values = _read_column(given.values, given.values_packed, "<f8", "values", "valuesPacked")
    if values is None:
        raise InvalidInput("there are no values", path=["values"])
    return {
        "values": values,
        "steps": _read_column(given.steps, given.steps_packed, "<i8", "steps", "stepsPacked"),
        "times": _read_column(given.times_ms, given.times_packed, "<i8", "timesMs", "timesPacked"),
    }


def _read_column(listed: Any, packed: bytes | None, dtype: str, name: str, packed_name: str) -> Any:
    if packed is None:
        return listed
    if listed is not None:
        raise InvalidInput(f"{name} and {packed_name} are given both", path=[packed_name])
    if len(packed) % 8:
        raise InvalidInput(f"{packed_name} has {len(packed)} bytes, which is no multiple of 8", path=[packed_name])
    column = np.frombuffer(packed, dtype)
    return column.astype(column.dtype.newbyteorder("="), copy=False)
