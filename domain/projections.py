"""The words of keeping a projection in step with the record."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.ids import NodeKey, WorkspaceID
from domain.positions import Position

FENCE_OF_PURGED = (1 << 62) - 1
"""Fence of what was purged: its id is refused for ever, so nothing newer can come."""


class ProjectionName(StrEnum):
    """What follows the record in a server of its own."""

    GRAPH = "graph"
    INDEX = "index"


@dataclass(frozen=True, slots=True)
class Entity:
    """What outbox rows speak of: a node of one workspace."""

    workspace: WorkspaceID
    key: NodeKey


class GenerationState(StrEnum):
    """Where a generation is; each is written from its first moment on until it is dropped."""

    BUILDING = "building"
    SERVING = "serving"
    KEPT = "kept"


class TaskKind(StrEnum):
    """What anybody may ask a projection's leader to do."""

    REBUILD = "rebuild"
    VERIFY = "verify"
    REPAIR = "repair"


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How an answer stands to the record: who gave it, and what it may miss."""

    source: str
    """`record`, or the projection's name."""
    record_position: Position
    projection_position: Position | None
    lag_seconds: float
