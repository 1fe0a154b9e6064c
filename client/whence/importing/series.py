"""What a line may say about a series of metric points."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Number = float | Literal["NaN", "Infinity", "-Infinity"]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class SeriesLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Points of one key, in columns of equal length."""

    key: Text
    values: list[Number] | None = None
    values_packed: str | None = None
    steps: list[Int64] | None = None
    steps_packed: str | None = None
    times_ms: list[Int64] | None = None
    times_packed: str | None = None
    time: Moment | None = None
    on: dict[str, Any] | None = None
    subset: Text | None = None
    of: dict[str, Any] | None = None
