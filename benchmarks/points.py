"""Points like those people log, and the request bodies that carry them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.http_load import encode

KEYS = 10
FIRST_TIME_MS = 1_790_000_000_000

LOG_METRICS = """
mutation LogMetrics($run: ID!, $series: [MetricSeriesInput!]!) {
  logMetrics(input: {run: $run, series: $series}) {
    ... on LogMetricsPayload { accepted token }
    ... on Problem { code message path }
  }
}"""

LOG_WIDE = """
mutation LogWide($input: LogMetricsInput!) {
  logMetrics(input: $input) { ... on LogMetricsPayload { accepted token } ... on Problem { code message path } }
}"""


def make_values(count: int, kind: int) -> NDArray[np.float64]:
    """Return one series: a noisy loss (float32 or float64), a schedule, a counter or plain noise, by `kind` mod 5."""
    random = np.random.default_rng(kind)
    x = np.arange(count)
    loss = 3 * np.exp(-x / (count / 4)) + 0.1 * random.standard_normal(count)
    shapes = [
        loss.astype("f4").astype("f8"),
        loss,
        np.full(count, 3e-4) * (1 - x // 1000 / 20),
        np.floor(x / 937.0),
        random.random(count),
    ]
    return shapes[kind % 5]


def make_times(count: int) -> NDArray[np.int64]:
    """Return times about 50 ms apart, in milliseconds."""
    gaps = np.random.default_rng(7).normal(50, 2, count).astype("i8")
    return FIRST_TIME_MS + np.cumsum(gaps)


def make_narrow_bodies(run: str, *, total: int, per_request: int) -> Iterator[bytes]:
    """Yield requests of `per_request` points over ten keys (one key where there is one point), steps rising."""
    keys = min(KEYS, per_request)
    steps_each = per_request // keys
    length = total // keys
    columns = [make_values(length, kind) for kind in range(keys)]
    times = make_times(length)
    for start in range(0, length, steps_each):
        cut = slice(start, start + steps_each)
        steps = list(range(start, min(start + steps_each, length)))
        series = [
            {"key": f"k{n}", "steps": steps, "values": column[cut].tolist(), "timesMs": times[cut].tolist()}
            for n, column in enumerate(columns)
        ]
        yield encode(LOG_METRICS, {"run": run, "series": series})


def make_wide_bodies(run: str, *, keys: int, steps: int) -> Iterator[bytes]:
    """Yield requests of one step over many keys, in the wide form."""
    names = [f"layer.{n}.norm" for n in range(keys)]
    values = np.random.default_rng(3).random((steps, keys))
    for step in range(steps):
        wide = {"keys": names, "keyIndex": list(range(keys)), "steps": [step] * keys, "values": values[step].tolist()}
        yield encode(LOG_WIDE, {"input": {"run": run, **wide}})
