"""Nodes and intervals as Neo4j keeps them: what walks look at as properties, all of the rest in one text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


class _Body(msgspec.Struct, array_like=True, gc=False):
    """Everything of an interval that no walk looks at on its way, and what it takes to read it back."""

    edge: UUID
    n: int
    kind: EdgeKind
    source_kind: NodeKind
    source: UUID
    target_kind: NodeKind
    target: UUID
    role: Role | None
    run: RunID | None
    subset: str | None
    origin: Origin
    producer: str
    held_from: int
    held_to: int | None
    own_time: bool
    range: dict[str, Any] | None
    step: int | None
    mode: WriteMode | None
    path: str | None
    entry_point: str | None
    evidence: str | None
    choice: bool
    overlapping: bool
    unbound: UUID | None
    own_role: bool = True


_bodies = msgspec.json.Decoder(list[_Body])
_uuids = msgspec.json.Decoder(list[UUID])
_encoder = msgspec.json.Encoder(uuid_format="hex")
_NODES = {kind.value: kind for kind in NodeKind}


def make_uid(workspace: WorkspaceID, uuid: UUID) -> str:
    """Return the key of a node within its generation."""
    return workspace.hex + uuid.hex


def read_key(uid: str, kind: int) -> NodeKey:
    """Return the node of a key."""
    return NodeKey(NodeKind(kind), UUID(hex=uid[32:]))


def read_keys(uids: Sequence[str], kinds: Sequence[int]) -> list[NodeKey]:
    """Return the nodes of keys: all together at half the price of each by itself."""
    uuids = _uuids.decode('["' + '","'.join([uid[32:] for uid in uids]) + '"]') if uids else []
    return [NodeKey(_NODES[kind], uuid) for kind, uuid in zip(kinds, uuids, strict=True)]


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
        kind=edge.kind,
        source_kind=edge.source.kind,
        source=edge.source.uuid,
        target_kind=edge.target.kind,
        target=edge.target.uuid,
        role=edge.role,
        run=edge.run,
        subset=edge.subset,
        origin=edge.origin,
        producer=edge.producer,
        held_from=to_microseconds(held.held_from) or 0,
        held_to=to_microseconds(held.held_to),
        own_time=held.own_time,
        range=None if held.range is None else dict(held.range),
        step=held.step,
        mode=held.mode,
        path=held.path,
        entry_point=held.entry_point,
        evidence=held.evidence,
        choice=held.choice,
        overlapping=held.overlapping,
        unbound=held.unbound,
        own_role=held.own_role,
    )
    return _encoder.encode(body).decode()


def read_intervals(workspace: WorkspaceID, edges: Any, nodes: Iterable[NodeKey] = ()) -> list[Interval]:
    """Return the intervals of columns of edges; their ends are those of `nodes` that are equal, where there are.

    A walk reads a hundred thousand of them: bodies are decoded together, and ends that are the same object are found
    in dictionaries without being compared.
    """
    if not edges["bodies"]:
        return []
    known = {node.uuid.int: node for node in nodes}
    bodies = _bodies.decode("[" + ",".join(edges["bodies"]) + "]")
    columns = zip(bodies, edges["recorded"], edges["retracted"], strict=True)
    return [_make_interval(workspace, body, known, recorded, retracted) for body, recorded, retracted in columns]


def _make_interval(
    workspace: WorkspaceID, body: _Body, known: dict[int, NodeKey], recorded: Position, retracted: Position
) -> Interval:
    edge = Edge(
        workspace=workspace,
        kind=body.kind,
        source=known.get(body.source.int) or NodeKey(body.source_kind, body.source),
        target=known.get(body.target.int) or NodeKey(body.target_kind, body.target),
        role=body.role,
        run=body.run,
        subset=body.subset,
        origin=body.origin,
        producer=body.producer,
        known_id=body.edge,
    )
    held = Held(
        held_from=to_moment(body.held_from),
        held_to=None if body.held_to is None else to_moment(body.held_to),
        own_time=body.own_time,
        own_role=body.own_role,
        range=body.range,
        step=body.step,
        mode=body.mode,
        path=body.path,
        entry_point=body.entry_point,
        evidence=body.evidence,
        choice=body.choice,
        overlapping=body.overlapping,
        unbound=body.unbound,
    )
    return Interval(edge=edge, n=body.n, held=held, recorded=recorded, retracted=retracted)
