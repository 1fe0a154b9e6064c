"""Runs: executions of training code, and the groups that hold them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.errors import Conflict, InvalidInput
from domain.ids import AttemptID, ExperimentID, NodeKey, NodeKind, RunID
from domain.lineage.surroundings import CodeDraft, EnvironmentDraft
from domain.parameters import Parameter, check_parameters
from domain.tags import Tag, check_tags
from domain.texts import check_name, check_text
from domain.unset import UNSET, Maybe

BULK_LIMIT = 1_000
"""Runs that one request deletes, restores or archives."""

_RESERVED = (UUID(int=0), UUID(int=(1 << 128) - 1))


class RunStatus(StrEnum):
    """How a run is doing."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"
    LOST = "LOST"

    @property
    def is_end(self) -> bool:
        """Say whether a run that has this status was ended by whoever ran it."""
        return self in (RunStatus.FINISHED, RunStatus.FAILED, RunStatus.KILLED)


class RunKind(StrEnum):
    """What a run does."""

    INGEST = "INGEST"
    TRANSFORM = "TRANSFORM"
    TRAIN = "TRAIN"
    EVALUATE = "EVALUATE"
    PREDICT = "PREDICT"
    MERGE = "MERGE"
    SELECT = "SELECT"
    DEPLOY = "DEPLOY"
    SWEEP = "SWEEP"
    GROUP = "GROUP"
    MANUAL = "MANUAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution, as it stands now."""

    id: RunID
    experiment: ExperimentID
    number: int
    name: str
    description: str | None
    kind: RunKind
    status: RunStatus
    parent: RunID | None
    attempt: AttemptID | None
    created_by: str | None
    host: str | None
    started_at: datetime
    ended_at: datetime | None
    heartbeat_at: datetime | None
    created_at: datetime
    archived_at: datetime | None
    deleted_at: datetime | None
    revision: int
    version: int

    @property
    def key(self) -> NodeKey:
        return NodeKey(NodeKind.RUN, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDraft:
    """A run to be made. An experiment given by name is made when it is absent, one given by id must exist."""

    experiment: str | ExperimentID
    id: RunID | None = None
    name: str | None = None
    description: str | None = None
    kind: RunKind = RunKind.TRAIN
    parent: RunID | None = None
    created_by: str | None = None
    host: str | None = None
    started_at: datetime | None = None
    attempt: AttemptID | None = None
    parameters: tuple[Parameter, ...] = ()
    tags: tuple[Tag, ...] = ()
    code: CodeDraft | None = None
    environment: EnvironmentDraft | None = None

    def __post_init__(self) -> None:
        if isinstance(self.experiment, str):
            check_name(self.experiment, "experiment")
        if self.id in _RESERVED:
            raise InvalidInput(f"{self.id} cannot be the id of a run", path=["id"])
        if self.id is not None and self.parent == self.id:
            raise InvalidInput(f"run {self.id} cannot be its own parent", path=["parent"])
        if self.name is not None:
            check_name(self.name, "name")
        for field in ("description", "created_by", "host"):
            check_optional(getattr(self, field), field)
        check_parameters(self.parameters, "params")
        check_tags(self.tags, "tags")

    @property
    def has_lineage(self) -> bool:
        """Say whether edges are made with the run: to its parent, its code, its environment."""
        return self.parent is not None or self.code is not None or self.environment is not None

    @property
    def key_names(self) -> set[str]:
        """Return the names that must be interned before the run is made."""
        return {parameter.key for parameter in self.parameters} | {tag.key for tag in self.tags}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEdit:
    """What a person changes of a run; what is left out stays."""

    name: Maybe[str] = UNSET
    description: Maybe[str | None] = UNSET
    kind: Maybe[RunKind] = UNSET
    status: Maybe[RunStatus] = UNSET
    parent: Maybe[RunID | None] = UNSET
    created_by: Maybe[str | None] = UNSET
    host: Maybe[str | None] = UNSET
    started_at: Maybe[datetime] = UNSET
    ended_at: Maybe[datetime | None] = UNSET

    def __post_init__(self) -> None:
        if self.name is not UNSET:
            check_name(self.name, "name")
        for field in ("description", "created_by", "host"):
            value = getattr(self, field)
            if value is not UNSET:
                check_optional(value, field)


def check_optional(text: str | None, field: str) -> None:
    """Raise if a text that may be left out cannot be taken; `field` is named as clients spell it."""
    if text is not None:
        head, *rest = field.split("_")
        check_text(text, head + "".join(part.title() for part in rest))


def check_ending(run: RunID, before: RunStatus, after: RunStatus) -> None:
    """Raise unless a run of status `before` may be ended as `after`: running or lost, or ended so already."""
    if not after.is_end:
        raise InvalidInput(f"a run does not end as {after}; it ends as FINISHED, FAILED or KILLED", path=["status"])
    if before.is_end and before is not after:
        raise Conflict(f"run {run} already ended as {before}", path=["status"])
