"""Comparison of runs: their parameters, metrics, tags, code and environments side by side, a few queries in all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.comparisons import Compared, compare
from domain.errors import TooLarge
from domain.ids import RunID, WorkspaceID
from domain.nodes import CodeRevision, Environment
from domain.parameters import Parameter
from store.counters import find_missing_run
from store.lineage.surroundings import fetch_surroundings
from store.metrics.settling import SettledConnection
from store.metrics.summaries import StoredSummary, fetch_summaries
from store.parameters import fetch_parameters
from store.runs import fetch_runs
from store.tags import fetch_tags

ENVIRONMENT_KEYS = {"imageDigest": "image_digest", "lockDigest": "lock_digest", "hardware": "hardware"}

RUN_LIMIT = 100
"""Runs that are compared at once."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the runs have, by key."""

    runs: Sequence[RunID]
    parameters: list[Compared[Parameter]]
    metrics: list[Compared[StoredSummary]]
    tags: list[Compared[str]]
    code: dict[RunID, list[CodeRevision]]
    environment: list[Compared[str]]


async def compare_runs(
    conn: SettledConnection, workspace: WorkspaceID, asked: Sequence[RunID], *, only_differences: bool = False
) -> Comparison:
    """Return runs side by side. Metrics differ by their last value. Raises `NotFound`, `Gone`, `TooLarge`."""
    runs = list(dict.fromkeys(asked))
    if len(runs) > RUN_LIMIT:
        raise TooLarge(f"{len(runs)} runs; at most {RUN_LIMIT} are compared at once", path=["ids"])
    found = await fetch_runs(conn, workspace, runs)
    for run in runs:
        if run not in found:
            raise (await find_missing_run(conn, workspace, run)).below("ids")
    parameters = await fetch_parameters(conn, workspace, runs)
    tags = await fetch_tags(conn, workspace, runs)
    params_by_key = {run: {one.key: one for one in those} for run, those in parameters.items()}
    tags_by_key = {run: {tag.key: tag.value for tag in tags[run]} for run in runs}
    summaries = await fetch_summaries(conn, workspace, runs, None)
    code, environments = await fetch_surroundings(conn, workspace, runs)
    comparison = Comparison(
        runs,
        compare(runs, params_by_key, Parameter.is_same),
        compare(runs, summaries, _is_same_last),
        compare(runs, tags_by_key, str.__eq__),
        code,
        compare(runs, _name_environments(environments), str.__eq__),
    )
    return _keep_differences(comparison) if only_differences else comparison


def _name_environments(found: Mapping[RunID, Sequence[Environment]]) -> dict[RunID, dict[str, str]]:
    """Return what is known of the environments of runs by key; of several environments each value, once."""
    named: dict[RunID, dict[str, str]] = {}
    for run, environments in found.items():
        for key, field in ENVIRONMENT_KEYS.items():
            values = sorted({value for one in environments if (value := getattr(one, field)) is not None})
            if values:
                named.setdefault(run, {})[key] = ", ".join(values)
    return named


def _keep_code(comparison: Comparison) -> dict[RunID, list[CodeRevision]]:
    """Return the code of the runs unless all ran the same."""
    ran = {frozenset(one.id for one in comparison.code.get(run, ())) for run in comparison.runs}
    return comparison.code if len(ran) > 1 else {}


def _is_same_last(a: StoredSummary, b: StoredSummary) -> bool:
    one, other = a.last.value, b.last.value
    return one == other or (one != one and other != other)


def _keep_differences(comparison: Comparison) -> Comparison:
    return Comparison(
        comparison.runs,
        [row for row in comparison.parameters if row.differs],
        [row for row in comparison.metrics if row.differs],
        [row for row in comparison.tags if row.differs],
        _keep_code(comparison),
        [row for row in comparison.environment if row.differs],
    )
