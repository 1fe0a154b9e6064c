"""Which table and which value a kind of lineage node has."""

from __future__ import annotations

import sqlalchemy as sa

from domain import nodes as domain
from domain.ids import NodeKind
from store import tables

LINEAGE: dict[NodeKind, tuple[sa.Table, type[domain.LineageNode]]] = {
    NodeKind.DATASET: (tables.datasets, domain.Dataset),
    NodeKind.DATASET_VERSION: (tables.dataset_versions, domain.DatasetVersion),
    NodeKind.FEATURE_VIEW: (tables.feature_views, domain.FeatureView),
    NodeKind.FEATURE_VIEW_VERSION: (tables.feature_view_versions, domain.FeatureViewVersion),
    NodeKind.CODE_REVISION: (tables.code_revisions, domain.CodeRevision),
    NodeKind.ENVIRONMENT: (tables.environments, domain.Environment),
    NodeKind.ARTIFACT_VERSION: (tables.artifact_versions, domain.ArtifactVersion),
    NodeKind.MODEL: (tables.models, domain.Model),
    NodeKind.MODEL_VERSION: (tables.model_versions, domain.ModelVersion),
    NodeKind.DEPLOYMENT: (tables.deployments, domain.Deployment),
    NodeKind.DEPLOYMENT_REVISION: (tables.deployment_revisions, domain.DeploymentRevision),
}
"""The table and the value of each kind that lineage alone knows."""

HIDDEN = frozenset({"workspace", "natural_key", "graph_revision"})
