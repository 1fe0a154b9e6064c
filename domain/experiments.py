"""Experiments: what runs are gathered under."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.ids import ExperimentID, NodeKey, NodeKind
from domain.texts import check_name, check_text
from domain.unset import UNSET, Maybe


class Lifecycle(StrEnum):
    """Which of a noun's rows a list shows."""

    PRESENT = "PRESENT"
    """Neither archived nor deleted."""
    ARCHIVED = "ARCHIVED"
    DELETED = "DELETED"
    ALL = "ALL"


class ExperimentStatus(StrEnum):
    """Where an experiment stands in its life."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A named collection of runs; its name is unique in the workspace, among the deleted ones too."""

    id: ExperimentID
    name: str
    description: str | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    deleted_at: datetime | None
    revision: int
    version: int

    @property
    def key(self) -> NodeKey:
        return NodeKey(NodeKind.EXPERIMENT, self.id)

    @property
    def status(self) -> ExperimentStatus:
        if self.deleted_at is not None:
            return ExperimentStatus.DELETED
        return ExperimentStatus.ACTIVE if self.archived_at is None else ExperimentStatus.ARCHIVED


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentEdit:
    """What a person changes of an experiment."""

    name: Maybe[str] = UNSET
    description: Maybe[str | None] = UNSET

    def __post_init__(self) -> None:
        if self.name is not UNSET:
            check_name(self.name, "name")
        if self.description is not UNSET and self.description is not None:
            check_text(self.description, "description")
