"""What documents stand on, or are: its dimensions, its revision, and whether it is out of sight."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.filters import Field
from domain.ids import ExperimentID, NodeKey, NodeKind, RunID, WorkspaceID
from domain.nodes import Dataset, Deployment, LineageNode, Model
from domain.search.documents import Dimensions, FieldValue
from store.artifacts import fetch_artifacts
from store.documents.runs import fetch_runs_as_dimensions
from store.experiments import fetch_experiments
from store.nodes import fetch_nodes
from store.tags import fetch_tags


@dataclass(frozen=True, slots=True)
class Subject:
    """One node at one moment. `is_hidden`: it is deleted or put away, and with it all that stands on it."""

    dimensions: Dimensions
    revision: int
    is_hidden: bool


async def fetch_subjects(
    conn: AsyncConnection, workspace: WorkspaceID, keys: Collection[NodeKey]
) -> dict[NodeKey, Subject]:
    """Return those nodes that the record has; some ten statements however many they are.

    The connection sees one moment. An artifact has the dimensions of its run, and is hidden with it.
    """
    of_kind: dict[NodeKind, set[UUID]] = {}
    for key in keys:
        of_kind.setdefault(key.kind, set()).add(key.uuid)
    artifacts = await fetch_artifacts(conn, workspace, of_kind.pop(NodeKind.ARTIFACT, set()))
    runs = of_kind.pop(NodeKind.RUN, set()) | {artifact.run for artifact in artifacts.values()}
    found = await _fetch_runs(conn, workspace, [RunID(run) for run in runs])
    found |= await _fetch_experiments(conn, workspace, of_kind.pop(NodeKind.EXPERIMENT, set()))
    for artifact in artifacts.values():
        if (run := found.get(NodeKey(NodeKind.RUN, artifact.run))) is not None:
            hidden = run.is_hidden or artifact.deleted_at is not None
            found[artifact.key] = Subject(run.dimensions, artifact.revision + run.revision, hidden)
    rest = [NodeKey(kind, uuid) for kind, ids in of_kind.items() for uuid in ids]
    return found | await _fetch_named(conn, workspace, rest)


async def _fetch_runs(conn: AsyncConnection, workspace: WorkspaceID, ids: Collection[RunID]) -> dict[NodeKey, Subject]:
    if not ids:
        return {}
    return {
        run.key: Subject(dimensions, run.revision, run.deleted_at is not None or run.archived_at is not None)
        for run, dimensions in await fetch_runs_as_dimensions(conn, workspace, ids)
    }


async def _fetch_experiments(
    conn: AsyncConnection, workspace: WorkspaceID, ids: Collection[UUID]
) -> dict[NodeKey, Subject]:
    if not ids:
        return {}
    found = await fetch_experiments(conn, workspace, [ExperimentID(one) for one in ids])
    tags = await fetch_tags(conn, workspace, ids)
    subjects: dict[NodeKey, Subject] = {}
    for experiment in found.values():
        dimensions = Dimensions(
            id=experiment.id,
            kind=NodeKind.EXPERIMENT,
            experiment=experiment.id,
            experiment_name=experiment.name,
            fields=_keep({Field.NAME: experiment.name, Field.DESCRIPTION: experiment.description,
                          Field.CREATED_AT: experiment.created_at}),
            tags={tag.key: tag.value for tag in tags[experiment.id]},
        )  # fmt: skip
        hidden = experiment.deleted_at is not None or experiment.archived_at is not None
        subjects[experiment.key] = Subject(dimensions, experiment.revision, hidden)
    return subjects


async def _fetch_named(
    conn: AsyncConnection, workspace: WorkspaceID, keys: Collection[NodeKey]
) -> dict[NodeKey, Subject]:
    """Return datasets, models and whatever else lineage knows by name."""
    found = await fetch_nodes(conn, workspace, keys)
    subjects: dict[NodeKey, Subject] = {}
    for key, node in found.items():
        if not isinstance(node, LineageNode):
            continue
        fields: dict[Field, FieldValue | None] = {
            Field.NAME: name_node(node),
            Field.DESCRIPTION: node.description,
            Field.OWNER: node.owner,
            Field.CREATED_AT: node.created_at,
        }
        dimensions = Dimensions(id=node.id, kind=key.kind, fields=_keep(fields))
        subjects[key] = Subject(dimensions, node.revision, node.deleted_at is not None)
    return subjects


def name_node(node: LineageNode) -> str | None:
    """Return what a node of lineage is called; None for what has no name of its own."""
    return node.name if isinstance(node, Dataset | Model) else node.endpoint if isinstance(node, Deployment) else None


def _keep(fields: Mapping[Field, FieldValue | None]) -> dict[Field, FieldValue]:
    return {field: value for field, value in fields.items() if value is not None}
