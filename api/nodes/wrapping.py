"""From values of the domain to the types of the schema."""

from __future__ import annotations

from typing import Any

from api.artifacts.types import Artifact, ArtifactVersion
from api.code.types import CodeRevision, Environment
from api.datasets.types import Dataset, DatasetVersion, FeatureView, FeatureViewVersion
from api.deployments.types import Deployment, DeploymentRevision
from api.experiments.types import Experiment
from api.lineage.purged import Purged
from api.models.types import Model, ModelVersion
from api.nodes.types import Node
from api.notes.types import Note
from api.runs.evaluations import Evaluation
from api.runs.types import Run
from api.workspaces.types import Workspace
from domain import artifacts, experiments, nodes, notes, runs, workspaces
from domain.ids import WorkspaceID
from domain.lineage import nodes as lineage_nodes

TYPES: dict[type, Any] = {
    artifacts.Artifact: Artifact,
    experiments.Experiment: Experiment,
    lineage_nodes.Evaluation: Evaluation,
    lineage_nodes.Purged: Purged,
    nodes.ArtifactVersion: ArtifactVersion,
    nodes.CodeRevision: CodeRevision,
    nodes.Dataset: Dataset,
    nodes.DatasetVersion: DatasetVersion,
    nodes.Deployment: Deployment,
    nodes.DeploymentRevision: DeploymentRevision,
    nodes.Environment: Environment,
    nodes.FeatureView: FeatureView,
    nodes.FeatureViewVersion: FeatureViewVersion,
    nodes.Model: Model,
    nodes.ModelVersion: ModelVersion,
    notes.Note: Note,
    runs.Run: Run,
    workspaces.Workspace: Workspace,
}


def wrap(value: Any, workspace: WorkspaceID) -> Node:
    """Return a value of the domain as its GraphQL type."""
    made: Node = TYPES[type(value)].of(value, workspace)
    return made
