"""Edges and their intervals: what is claimed, since when it holds, and since when and until when it was known.

They are structs, not dataclasses: a walk makes a hundred thousand of each, at a microsecond instead of six.

Two kinds of time. *Held*: when it was so in the world (`held_from`, `held_to`). *Known*: the positions at which an
interval was recorded and retracted; it is known at a position p when recorded <= p < retracted. An edge's id is what it
claims; everything else stands in its intervals, which never change but for being closed. Of one edge at most one
interval is open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar, cast
from uuid import UUID

from msgspec import Struct, structs

from domain.ids import NodeKey, RunID, WorkspaceID
from domain.lineage.kinds import EdgeKind, Origin, WriteMode
from domain.lineage.roles import Role
from domain.positions import Position

NEVER = Position((1 << 63) - 1)
"""`retracted` of an interval that is open."""

ALWAYS = datetime(1, 1, 2, tzinfo=UTC)
"""`held_from` of an edge that nobody told a time of, at neither of its ends.

Not the first day that there is: to drivers that one means minus infinity."""

WHENCE = "whence"
"""The producer of what the service itself concludes."""


class Edge(Struct, frozen=True, kw_only=True, gc=False, eq=False):
    """A claim that one node has something of another. Two edges with the same fields are the same edge.

    `run`: the run that the claim is about; of USED and GENERATED the one whose side the edge stands on.
    """

    workspace: WorkspaceID
    kind: EdgeKind
    source: NodeKey
    target: NodeKey
    role: Role | None = None
    run: RunID | None = None
    subset: str | None = None
    origin: Origin = Origin.DECLARED
    producer: str = ""
    known_id: UUID | None = None
    """What `id` found, or the record knows: hashing costs 20 microseconds. No part of what is compared."""

    def __eq__(self, other: object) -> bool:
        return self._said() == other._said() if isinstance(other, Edge) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._said())

    def _said(self) -> tuple[Any, ...]:
        ends = (self.source, self.target)
        return (self.workspace, self.kind, *ends, self.role, self.run, self.subset, self.origin, self.producer)

    @property
    def id(self) -> UUID:
        """Return the hash of all the fields: whoever says the same again says nothing new."""
        if self.known_id is None:
            structs.force_setattr(self, "known_id", self._hash())
        return cast(UUID, self.known_id)

    def _hash(self) -> UUID:
        return hash_parts(
            b"edge",
            self.workspace.bytes,
            *_ends(self.kind, self.source, self.target),
            to_bytes(self.role),
            None if self.run is None else self.run.bytes,
            to_bytes(self.subset),
            to_bytes(self.origin),
            to_bytes(self.producer),
        )

    @property
    def link(self) -> UUID:
        """Return the id of the link that answers fold this edge into: of equal kind, ends, role and subset."""
        return make_link_id(self.workspace, self.kind, self.source, self.target, self.role, self.subset)


class Held(Struct, frozen=True, kw_only=True, gc=False):
    """What an interval says beside its edge.

    `own_time`: the client gave `held_from`; else it follows the times of the ends, and moves with them.
    `own_role`: the client gave the role, or it has but one; else it follows the kind of the run, and changes with it.
    `choice`: the edge only chooses (`domain.lineage.roles.is_of_choice`). `overlapping`: whoever wrote the version was
    not done when the run began to read. `unbound`: the fact without a version that this follows from
    (store/lineage/unbound.py). `range`: offsets, snapshots, a window of event time, a cutoff; {"unknown": true} where
    nobody told.
    """

    held_from: datetime = ALWAYS
    held_to: datetime | None = None
    own_time: bool = False
    own_role: bool = True
    range: Mapping[str, Any] | None = None
    step: int | None = None
    mode: WriteMode | None = None
    path: str | None = None
    entry_point: str | None = None
    evidence: str | None = None
    choice: bool = False
    overlapping: bool = False
    unbound: UUID | None = None


class Interval(Struct, frozen=True, kw_only=True, gc=False):
    """One stretch of what was known of an edge; `n` counts them from 1."""

    edge: Edge
    n: int
    held: Held
    recorded: Position
    retracted: Position = NEVER

    @property
    def id(self) -> str:
        """Return the key of the relationship in Neo4j."""
        return f"{self.edge.id}:{self.n}"

    @property
    def is_open(self) -> bool:
        return self.retracted == NEVER

    def is_known_at(self, position: Position) -> bool:
        return self.recorded <= position < self.retracted


T = TypeVar("T", Edge, Held, Interval)


def replace(value: T, **changes: Any) -> T:
    """Return an edge, what is held of it or an interval with some fields changed; of an edge the id is found anew."""
    if isinstance(value, Edge):
        changes = {"known_id": None, **changes}
    return structs.replace(value, **changes)


def make_link_id(
    workspace: WorkspaceID, kind: EdgeKind, source: NodeKey, target: NodeKey, role: Role | None, subset: str | None
) -> UUID:
    """Return the id of a link: edges that say the same of the same, whoever says it."""
    return hash_parts(b"link", workspace.bytes, *_ends(kind, source, target), to_bytes(role), to_bytes(subset))


def _ends(kind: EdgeKind, source: NodeKey, target: NodeKey) -> tuple[bytes | None, ...]:
    return (
        to_bytes(kind),
        to_bytes(source.kind),
        source.uuid.bytes,
        to_bytes(target.kind),
        target.uuid.bytes,
    )


def to_bytes(value: Enum | str | None) -> bytes | None:
    """Return a choice or a text as a part of what is hashed."""
    if isinstance(value, Enum):
        return bytes([value.value])
    return None if value is None else value.encode("utf-8")


def hash_parts(*parts: bytes | None) -> UUID:
    """Return 122 bits of the SHA-256 of the parts, each with its length, as a UUID of version 8 (RFC 9562)."""
    sized = b"".join([b"\xff" * 8 if part is None else len(part).to_bytes(8) + part for part in parts])
    number = int.from_bytes(hashlib.sha256(sized).digest()[:16])
    number = number & ~(0xF << 76) | 8 << 76
    return UUID(int=number & ~(3 << 62) | 2 << 62)
