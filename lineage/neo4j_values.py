"""Nodes and intervals as Neo4j keeps them: what walks look at as properties, all of the rest in one text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.edges import Edge, Held, Interval
from domain.lineage.kinds import EdgeKind, Origin, WriteMode
from domain.lineage.roles import Role
from domain.positions import Position

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REPORTS = frozenset({Role.REPORT, Role.LOG})


class _Body(msgspec.Struct, array_like=True):
    """Everything of an interval that no walk looks at on its way, and what it takes to read it back."""

    edge: UUID
    n: int
    kind: int
    source_kind: int
    source: UUID
    target_kind: int
    target: UUID
    role: int | None
    run: UUID | None
    subset: str | None
    origin: int
    producer: str
    held_from: int
    held_to: int | None
    own_time: bool
    range: dict[str, Any] | None
    step: int | None
    mode: int | None
    path: str | None
    entry_point: str | None
    evidence: str | None
    choice: bool
    overlapping: bool
    unbound: UUID | None
    own_role: bool = True


_decoder = msgspec.json.Decoder(_Body)
_encoder = msgspec.json.Encoder(uuid_format="hex")
_KINDS = {kind.value: kind for kind in EdgeKind}
_NODES = {kind.value: kind for kind in NodeKind}
_ROLES = {role.value: role for role in Role}
_ORIGINS = {origin.value: origin for origin in Origin}


def make_uid(workspace: WorkspaceID, uuid: UUID) -> str:
    """Return the key of a node within its generation."""
    return workspace.hex + uuid.hex


def read_key(uid: str, kind: int) -> NodeKey:
    """Return the node of a key."""
    return NodeKey(NodeKind(kind), UUID(hex=uid[32:]))


def to_microseconds(moment: datetime | None) -> int | None:
    """Return a time as microseconds since 1970."""
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def to_moment(microseconds: int) -> datetime:
    """Return the time of microseconds since 1970."""
    return _EPOCH + microseconds * _MICROSECOND


def make_row(interval: Interval, generation: int) -> dict[str, Any]:
    """Return an interval as a row of parameters: its ends, its key, what never changes, and its fence."""
    edge, held = interval.edge, interval.held
    source, target = edge.source, edge.target
    fixed = {
        "body": write_body(interval),
        "recorded": interval.recorded,
        "held_from": to_microseconds(held.held_from),
        "role": None if edge.role is None else edge.role.value,
        "subset": edge.subset,
        "origin": edge.origin.value,
        "choice": held.choice,
        "report": edge.kind is EdgeKind.GENERATED and source.kind is NodeKind.EVALUATION and edge.role in _REPORTS,
    }
    return {
        "key": f"{generation}:{interval.id}",
        "source": make_uid(edge.workspace, source.uuid),
        "target": make_uid(edge.workspace, target.uuid),
        "retracted": interval.retracted,
        "fixed": fixed,
    }


def write_body(interval: Interval) -> str:
    edge, held = interval.edge, interval.held
    body = _Body(
        edge=edge.id,
        n=interval.n,
        kind=edge.kind.value,
        source_kind=edge.source.kind.value,
        source=edge.source.uuid,
        target_kind=edge.target.kind.value,
        target=edge.target.uuid,
        role=None if edge.role is None else edge.role.value,
        run=edge.run,
        subset=edge.subset,
        origin=edge.origin.value,
        producer=edge.producer,
        held_from=to_microseconds(held.held_from) or 0,
        held_to=to_microseconds(held.held_to),
        own_time=held.own_time,
        range=None if held.range is None else dict(held.range),
        step=held.step,
        mode=None if held.mode is None else held.mode.value,
        path=held.path,
        entry_point=held.entry_point,
        evidence=held.evidence,
        choice=held.choice,
        overlapping=held.overlapping,
        unbound=held.unbound,
        own_role=held.own_role,
    )
    return _encoder.encode(body).decode()


def read_interval(workspace: WorkspaceID, body: str, recorded: int, retracted: int) -> Interval:
    """Return the interval of a relationship."""
    said = _decoder.decode(body)
    edge = Edge(
        workspace=workspace,
        kind=_KINDS[said.kind],
        source=NodeKey(_NODES[said.source_kind], said.source),
        target=NodeKey(_NODES[said.target_kind], said.target),
        role=None if said.role is None else _ROLES[said.role],
        run=None if said.run is None else RunID(said.run),
        subset=said.subset,
        origin=_ORIGINS[said.origin],
        producer=said.producer,
    ).remember_id(said.edge)
    held = Held(
        held_from=to_moment(said.held_from),
        held_to=None if said.held_to is None else to_moment(said.held_to),
        own_time=said.own_time,
        own_role=said.own_role,
        range=said.range,
        step=said.step,
        mode=None if said.mode is None else WriteMode(said.mode),
        path=said.path,
        entry_point=said.entry_point,
        evidence=said.evidence,
        choice=said.choice,
        overlapping=said.overlapping,
        unbound=said.unbound,
    )
    return Interval(edge=edge, n=said.n, held=held, recorded=Position(recorded), retracted=Position(retracted))
