"""Everything that is shown of one run."""

from __future__ import annotations

from typing import Any

from whence.lineage.reading import read_answer
from whence.service import Service

MOST_CURVES = 60
POINTS = 600
_DOCUMENT = """query Show($run: ID!, $curves: Int!) {
  run(id: $run) {
    uuid number name description kind status createdBy host startedAt endedAt heartbeatAt experiment { name }
    parent { uuid name } children(first: 0) { totalCount { value exact } }
    params { key value text } tags { key value }
    series(first: $curves) { totalCount { value } nodes {
      key count unit goal last { value step } min { value } max { value } best { value }
    } }
    notes(first: 200) { nodes { text createdBy createdAt } }
    artifacts(first: 200) { totalCount { value } nodes { path size mediaType digest uri step } }
  }
}"""
_SERIES = """query Curves($run: ID!, $keys: [String!]!, $points: Int!) {
  metricSeries(run: $run, keys: $keys, points: $points) { key steps values }
}"""


def fetch_run(service: Service, run_id: str) -> dict[str, Any]:
    """Return what is known of a run. Raises `Problem`, `Unreachable`."""
    found: dict[str, Any] = service.execute(_DOCUMENT, {"run": run_id, "curves": MOST_CURVES})["run"]
    return found


def fetch_curves(service: Service, run_id: str, keys: list[str]) -> dict[str, list[tuple[int, Any]]]:
    """Return the points of series, each reduced to an envelope of `POINTS`."""
    found = service.execute(_SERIES, {"run": run_id, "keys": keys, "points": POINTS})["metricSeries"]
    return {one["key"]: list(zip(one["steps"], one["values"], strict=True)) for one in found}


def fetch_lineage(service: Service, run_id: str, *, depth: int) -> list[dict[str, Any]]:
    """Return the answers about what a run came from and what came of it."""
    asked = {"of": [{"run": run_id}], "maxDepth": depth, "asOf": None, "inferred": True}
    return [read_answer(service, asked | {"direction": direction}) for direction in ("UPSTREAM", "DOWNSTREAM")]
