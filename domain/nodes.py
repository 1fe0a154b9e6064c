"""Nodes of lineage: names, their immutable versions, code and environments, each with its natural key."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from domain.ids import NodeKey, NodeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageNode:
    """What every node of lineage has. `placeholder`: it was only referred to so far."""

    kind: ClassVar[NodeKind]

    id: UUID
    placeholder: bool
    description: str | None
    owner: str | None
    facts: Mapping[str, Any]
    revision: int
    version: int
    happened_at: datetime | None
    created_at: datetime
    deleted_at: datetime | None

    @property
    def key(self) -> NodeKey:
        return NodeKey(self.kind, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset(LineageNode):
    """A name under which versions of data appear, as OpenLineage names it."""

    kind: ClassVar[NodeKind] = NodeKind.DATASET
    namespace: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetVersion(LineageNode):
    """Data as it was: a snapshot, a hash, or what a run left. `name` is the version."""

    kind: ClassVar[NodeKind] = NodeKind.DATASET_VERSION
    dataset: UUID
    name: str
    digest: str | None
    location: str | None
    size: int | None
    splits: Any
    availability: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureView(LineageNode):
    """A definition of features, by name."""

    kind: ClassVar[NodeKind] = NodeKind.FEATURE_VIEW
    namespace: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureViewVersion(LineageNode):
    """One definition of a feature view. `name` is the version."""

    kind: ClassVar[NodeKind] = NodeKind.FEATURE_VIEW_VERSION
    feature_view: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRevision(LineageNode):
    """Code at a commit, with the digest of what was changed and not committed."""

    kind: ClassVar[NodeKind] = NodeKind.CODE_REVISION
    repository: str
    commit: str
    diff_digest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment(LineageNode):
    """Software by the digest of its image or lock, and the class of hardware."""

    kind: ClassVar[NodeKind] = NodeKind.ENVIRONMENT
    image_digest: str | None
    lock_digest: str | None
    hardware: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactVersion(LineageNode):
    """A file by its place and digest: a checkpoint, a report, predictions."""

    kind: ClassVar[NodeKind] = NodeKind.ARTIFACT_VERSION
    uri: str
    digest: str | None
    size: int | None
    media_type: str | None
    availability: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Model(LineageNode):
    """A registered model, by name."""

    kind: ClassVar[NodeKind] = NodeKind.MODEL
    registry: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion(LineageNode):
    """One version of a registered model. `name` is the version."""

    kind: ClassVar[NodeKind] = NodeKind.MODEL_VERSION
    model: UUID
    name: str
    digest: str | None
    stage: str | None
    availability: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment(LineageNode):
    """An endpoint in an environment."""

    kind: ClassVar[NodeKind] = NodeKind.DEPLOYMENT
    environment: str
    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRevision(LineageNode):
    """What an endpoint served from a start to an end. `name` is the revision."""

    kind: ClassVar[NodeKind] = NodeKind.DEPLOYMENT_REVISION
    deployment: UUID
    name: str
    started_at: datetime | None
    ended_at: datetime | None


def make_natural_key(kind: NodeKind, *parts: str | None) -> bytes:
    """Return the digest that makes a node unique in its workspace: SHA-256 of its parts, each with its length."""
    hashed = hashlib.sha256(bytes([kind.value]))
    for part in parts:
        raw = b"" if part is None else part.encode("utf-8")
        hashed.update(struct.pack(">q", -1 if part is None else len(raw)) + raw)
    return hashed.digest()
