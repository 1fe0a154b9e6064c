"""Runs as dimensions: their fields, parameters, tags and series, and the data, code and environments around them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.filters import Field, Statistic
from domain.ids import ExperimentID, NodeKind, RunID, WorkspaceID
from domain.lineage.edges import NEVER
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import Role, make_evaluation_id
from domain.metrics import Goal, MetricDefinition, Summary
from domain.runs import Run, RunStatus
from domain.search.documents import DatasetUse, Dimensions, FieldValue
from store import tables
from store.experiments import fetch_experiments
from store.metrics.definitions import fetch_definitions
from store.metrics.settling import SettledConnection
from store.metrics.summaries import fetch_summaries
from store.parameters import fetch_parameters
from store.runs import fetch_runs
from store.tags import fetch_tags

UNFINISHED = frozenset({RunStatus.RUNNING, RunStatus.LOST})

SURROUNDINGS = sa.text(
    """
    WITH asked AS (SELECT * FROM unnest(CAST(:sides AS uuid[]), CAST(:runs AS uuid[])) AS row (side, run)),
    near AS (
        SELECT asked.run, edges.kind, edges.role, edges.source_kind AS other_kind, edges.source AS other
        FROM asked JOIN edges ON edges.workspace = :workspace AND edges.target = asked.side
        WHERE edges.kind = ANY(CAST(:into AS smallint[])) AND edges.retracted = :never
        UNION ALL
        SELECT asked.run, edges.kind, edges.role, edges.target_kind, edges.target
        FROM asked JOIN edges ON edges.workspace = :workspace AND edges.source = asked.side
        WHERE edges.kind = :generated AND edges.retracted = :never
    )
    SELECT near.run, near.role, near.other_kind, datasets.namespace, datasets.name, dataset_versions.name AS version,
           code_revisions.commit, environments.image_digest, environments.lock_digest
    FROM near
    LEFT JOIN dataset_versions ON near.other_kind = :version AND dataset_versions.workspace = :workspace
         AND dataset_versions.id = near.other
    LEFT JOIN datasets ON datasets.workspace = :workspace AND datasets.id = dataset_versions.dataset
    LEFT JOIN code_revisions ON near.other_kind = :code AND code_revisions.workspace = :workspace
         AND code_revisions.id = near.other
    LEFT JOIN environments ON near.other_kind = :environment AND environments.workspace = :workspace
         AND environments.id = near.other
    WHERE near.other_kind IN (:version, :code, :environment)
    """
)


async def fetch_runs_as_dimensions(
    conn: AsyncConnection, workspace: WorkspaceID, ids: Collection[RunID]
) -> list[tuple[Run, Dimensions]]:
    """Return those runs that the record has, with what leaves, facets and orders ask of them."""
    runs = await fetch_runs(conn, workspace, ids)
    experiments = await fetch_experiments(conn, workspace, {run.experiment for run in runs.values()})
    definitions = await fetch_definitions(conn, workspace, list(experiments))
    parameters = await fetch_parameters(conn, workspace, list(runs))
    tags = await fetch_tags(conn, workspace, list(runs))
    # Whoever follows the record settles before it looks (store/projections/settled.py).
    series = await _fetch_series(SettledConnection(conn), workspace, list(runs))
    around = await _fetch_surroundings(conn, workspace, list(runs))
    return [
        (
            run,
            Dimensions(
                id=run.id,
                kind=NodeKind.RUN,
                experiment=run.experiment,
                experiment_name=experiments[run.experiment].name,
                fields=list_fields(run),
                params={parameter.key: parameter for parameter in parameters[run.id]},
                tags={tag.key: tag.value for tag in tags[run.id]},
                metrics=_order_series(series[run.id], run.experiment, definitions),
                datasets=tuple(around[run.id].datasets),
                commits=tuple(sorted(around[run.id].commits)),
                environments=tuple(sorted(around[run.id].environments)),
                is_unfinished=run.status in UNFINISHED,
            ),
        )
        for run in runs.values()
    ]


def list_fields(run: Run) -> dict[Field, FieldValue]:
    """Return the fields that a run has."""
    fields: dict[Field, FieldValue | None] = {
        Field.CREATED_AT: run.created_at,
        Field.STARTED_AT: run.started_at,
        Field.ENDED_AT: run.ended_at,
        Field.STATUS: str(run.status),
        Field.KIND: str(run.kind),
        Field.NAME: run.name,
        Field.DESCRIPTION: run.description,
        Field.CREATED_BY: run.created_by,
        Field.HOST: run.host,
        Field.NUMBER: run.number,
        Field.RUN: run.id,
        Field.PARENT: run.parent,
        Field.ATTEMPT: run.attempt,
    }
    return {field: value for field, value in fields.items() if value is not None}


class Surroundings:
    """The data that a run read or wrote, the commits it ran, the digests of its environments."""

    def __init__(self) -> None:
        self.datasets: list[DatasetUse] = []
        self.commits: set[str] = set()
        self.environments: set[str] = set()


async def _fetch_series(
    conn: SettledConnection, workspace: WorkspaceID, runs: Sequence[RunID]
) -> dict[RunID, dict[str, Summary]]:
    """Return the summaries of all series, those of hidden namespaces too."""
    keys, summaries = tables.keys, tables.metric_summaries
    names = sa.select(keys.c.name).where(
        keys.c.workspace == workspace,
        keys.c.id.in_(
            sa.select(summaries.c.key).where(
                summaries.c.workspace == workspace,
                summaries.c.run == sa.func.any(sa.cast(list(runs), sa.ARRAY(sa.Uuid))),
            )
        ),
    )
    found = await fetch_summaries(conn, workspace, runs, list((await conn.execute(names)).scalars()))
    return {run: {name: stored.summary for name, stored in of.items()} for run, of in found.items()}


def _order_series(
    series: Mapping[str, Summary],
    experiment: ExperimentID,
    definitions: Mapping[tuple[ExperimentID, str], MetricDefinition],
) -> dict[str, dict[Statistic, float | int]]:
    """Return the numbers of each series: those that are defined first, then by when they began."""
    ordered = sorted(series, key=lambda key: ((experiment, key) not in definitions, series[key].first.time, key))
    return {key: list_numbers(series[key], _goal(definitions, experiment, key)) for key in ordered}


def _goal(
    definitions: Mapping[tuple[ExperimentID, str], MetricDefinition], experiment: ExperimentID, key: str
) -> Goal | None:
    defined = definitions.get((experiment, key))
    return None if defined is None else defined.goal


def list_numbers(summary: Summary, goal: Goal | None) -> dict[Statistic, float | int]:
    """Return the numbers that a series has; the least, the greatest and the best only where one is no NaN."""
    best = summary.best(goal)
    points = {Statistic.MIN: summary.minimum, Statistic.MAX: summary.maximum, Statistic.BEST: best}
    numbers: dict[Statistic, float | int] = {
        Statistic.FIRST: summary.first.value,
        Statistic.LAST: summary.last.value,
        Statistic.COUNT: summary.count,
    }
    return numbers | {of: point.value for of, point in points.items() if point is not None}


async def _fetch_surroundings(
    conn: AsyncConnection, workspace: WorkspaceID, runs: Sequence[RunID]
) -> dict[RunID, Surroundings]:
    """Return what open edges tie to either side of each run."""
    sides: list[tuple[UUID, UUID]] = [(run, run) for run in runs] + [(make_evaluation_id(run), run) for run in runs]
    rows = await conn.execute(
        SURROUNDINGS,
        {
            "workspace": workspace,
            "sides": [side for side, _ in sides],
            "runs": [run for _, run in sides],
            "into": [kind.value for kind in (EdgeKind.USED, EdgeKind.RAN_CODE, EdgeKind.RAN_IN)],
            "generated": EdgeKind.GENERATED.value,
            "never": int(NEVER),
            "version": NodeKind.DATASET_VERSION.value,
            "code": NodeKind.CODE_REVISION.value,
            "environment": NodeKind.ENVIRONMENT.value,
        },
    )
    around = {run: Surroundings() for run in runs}
    uses: dict[RunID, set[DatasetUse]] = {run: set() for run in runs}
    for row in rows:
        near = around[RunID(row.run)]
        if row.name is not None:
            role = None if row.role is None else Role(row.role)
            uses[RunID(row.run)].add(DatasetUse(row.namespace, row.name, row.version, role))
        near.commits |= {row.commit} - {None}
        near.environments |= {row.image_digest, row.lock_digest} - {None}
    for run, found in uses.items():
        around[run].datasets = sorted(
            found, key=lambda use: (use.namespace, use.name, use.version or "", str(use.role))
        )
    return around
