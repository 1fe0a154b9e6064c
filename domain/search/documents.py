"""Documents: what search finds, as any index holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from domain.filters import Field, Statistic
from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.roles import Role
from domain.parameters import Parameter


class DocumentKind(StrEnum):
    """What search finds."""

    NOTE = "NOTE"
    RUN = "RUN"
    EXPERIMENT = "EXPERIMENT"
    DATASET = "DATASET"
    MODEL = "MODEL"
    ARTIFACT = "ARTIFACT"

    @property
    def node_kind(self) -> NodeKind:
        return NodeKind[self]


STANDING = frozenset({DocumentKind.NOTE, DocumentKind.ARTIFACT})
"""Kinds that stand on something: leaves and facets ask what they stand on, but for those of `OWN_FIELDS` and text."""

OWN_FIELDS = frozenset({Field.CREATED_AT, Field.CREATED_BY, Field.KIND})
"""What a note or an artifact answers itself."""


class TextField(StrEnum):
    """Where a text of a document stands; a hit's highlights name it."""

    TEXT = "text"
    NAME = "name"
    DESCRIPTION = "description"
    TAG = "tag"
    TAG_KEY = "tagKey"
    PARAM_KEY = "paramKey"
    PARAM = "param"
    NAMESPACE = "namespace"
    PATH = "path"


@dataclass(frozen=True, slots=True)
class DocumentText:
    """One text of a document; `key` is that of a tag's or parameter's value."""

    field: TextField
    text: str
    key: str | None = None


FieldValue: TypeAlias = str | int | datetime | UUID


@dataclass(frozen=True, slots=True)
class DatasetUse:
    """Data that a run read or wrote."""

    namespace: str
    name: str
    version: str | None
    role: Role | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimensions:
    """What leaves, facets and orders ask of a run, or of whatever else is found or stands below.

    `fields` holds only what is there; the experiment's id and name both stand for `Field.EXPERIMENT`.
    """

    id: UUID
    kind: NodeKind
    experiment: UUID | None = None
    experiment_name: str | None = None
    fields: Mapping[Field, FieldValue] = field(default_factory=dict)
    params: Mapping[str, Parameter] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, Mapping[Statistic, float | int]] = field(default_factory=dict)
    """The numbers of each series; `BEST` only where the experiment has a goal for it."""
    datasets: tuple[DatasetUse, ...] = ()
    commits: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    """Digests of image and lock."""
    is_unfinished: bool = False
    """A run that is running or lost: its numbers may still move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchDocument:
    """One thing that is found, whole, as it stood at `revision`.

    `dimensions` are its own, or for a note or artifact those of its subject. A document that is `deleted` (or hidden
    with what it stands on) is a tombstone: it is kept for its revision and never found.
    """

    workspace: WorkspaceID
    kind: DocumentKind
    id: UUID
    revision: int
    deleted: bool = False
    subject: NodeKey | None = None
    texts: tuple[DocumentText, ...] = ()
    """In the order of `TextField`; no row of parts goes from one to the next."""
    created_at: datetime
    created_by: str | None = None
    dimensions: Dimensions

    @property
    def key(self) -> NodeKey:
        return NodeKey(self.kind.node_kind, self.id)
