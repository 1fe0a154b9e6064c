"""The works that both sides of a comparison do: their sizes, and what a figure is."""

from __future__ import annotations

from dataclasses import dataclass

CREATE = "create a run with 10 params, log one point, finish; 8 clients"
NARROW = "one point a request; 8 clients"
BATCH = "1,000 points a request, 10 keys x 100 steps; 8 clients"
WIDE = "1,000 points a request, 1,000 keys x 1 step; 8 clients"
PAGE = "page of 100 runs of 10,000: metric range and param, by a metric; p50"
HISTORY = "history of one metric, 100,000 points"

CLIENTS = 8
RUNS = 10_000
PARAMS = 20
METRICS = 20
HISTORY_POINTS = 100_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A rate (`runs/s`, `points/s`) or a duration (`s`)."""

    value: float
    unit: str
