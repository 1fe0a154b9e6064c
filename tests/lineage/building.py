"""Builders of lineage: facts said in a line each, and the graph read back as lines.

Times are hours of one day. Nodes have short names: `web@3` is version 3 of the dataset `web`, `gpt@1` one of a model,
`seed 1` a run and `seed 1~` its Evaluation, `s3://...` a file (with ` #` and the start of its digest where it has one),
`code abcdef0` a revision of code.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from domain.ids import GlobalID, NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.claims import Claim
from domain.lineage.edges import NEVER, Interval
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.roles import Role, make_evaluation_id
from domain.references import DatasetRef, IDRef, ModelRef, NodeRef, RunRef, URIRef
from domain.runs import RunKind, RunStatus
from store import tables
from store.database import Database
from store.edges import make_interval
from store.lineage.recording import Recorded, record_claims
from store.run_edits import finish_run
from tests.store.making import DEFAULT, make_run

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def hour(number: float) -> datetime:
    return DAY + timedelta(hours=number)


def dataset(text: str) -> DatasetRef:
    """Return `web@3`, or `web` without a version."""
    name, _, version = text.partition("@")
    return DatasetRef("s3://data", name, version or None)


def model(text: str) -> ModelRef:
    """Return `gpt@1`, or `gpt:best` by alias."""
    if ":" in text:
        name, _, alias = text.partition(":")
        return ModelRef("whence", name, alias=alias)
    name, _, version = text.partition("@")
    return ModelRef("whence", name, version)


@dataclass(slots=True)
class Lineage:
    """A record that facts are told to."""

    database: Database
    workspace: WorkspaceID = DEFAULT
    runs: dict[str, RunID] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    deployed: dict[str, NodeKey] = field(default_factory=dict)

    async def run(
        self,
        name: str,
        kind: RunKind = RunKind.TRAIN,
        *,
        start: float = 0,
        end: float | None = None,
        parent: str | None = None,
        **more: Any,
    ) -> RunID:
        """Make a run that started, and ended where `end` is given, at hours of the day."""
        above = None if parent is None else self.runs[parent]
        made = await make_run(
            self.database, workspace=self.workspace, name=name, kind=kind, started_at=hour(start), parent=above, **more
        )
        self.runs[name] = made
        if end is not None:
            await self.finish(name, end)
        return made

    async def finish(self, name: str, end: float, status: RunStatus = RunStatus.FINISHED) -> None:
        async with self.database.write() as tx:
            await finish_run(tx, self.workspace, self.runs[name], status, ended_at=hour(end))

    def ref(self, given: str | NodeRef) -> NodeRef:
        """Return a reference: a run by its name, a file by its URI; others as they are."""
        if not isinstance(given, str):
            return given
        return URIRef(given) if "://" in given else RunRef(self.runs[given])

    def ref_of(self, endpoint: str) -> NodeRef:
        """Return a reference to the revision that was deployed to an endpoint."""
        key = self.deployed[endpoint]
        return IDRef(GlobalID(key.kind, self.workspace, key.uuid))

    async def record(self, *claims: Claim) -> Recorded:
        async with self.database.write() as tx:
            return await record_claims(tx, self.workspace, claims)

    async def used(self, source: str | NodeRef, run: str, role: Role | None = None, **more: Any) -> Recorded:
        return await self.say(EdgeKind.USED, source, run, role=role, **more)

    async def generated(self, run: str, target: str | NodeRef, role: Role | None = None, **more: Any) -> Recorded:
        return await self.say(EdgeKind.GENERATED, run, target, role=role, **more)

    async def say(self, kind: EdgeKind, source: str | NodeRef, target: str | NodeRef, **more: Any) -> Recorded:
        return await self.record(Claim(kind=kind, source=self.ref(source), target=self.ref(target), **more))

    async def intervals(self) -> list[Interval]:
        """Return every interval that was ever recorded."""
        async with self.database.read_primary() as conn:
            rows = await conn.execute(sa.select(tables.edges).where(tables.edges.c.workspace == self.workspace))
            return [make_interval(row) for row in rows.mappings()]

    async def graph(self, *, without: Collection[EdgeKind] = (EdgeKind.REVISION_OF, EdgeKind.MEASURED_IN)) -> set[str]:
        """Return the edges that stand, a line each: `web@3 USED train/part seed 1`, `?` behind what is inferred."""
        names = await self.names()
        return {
            self.line(one, names)
            for one in await self.intervals()
            if one.retracted == NEVER and one.edge.kind not in without
        }

    def line(self, one: Interval, names: dict[UUID, str]) -> str:
        """Return an interval as a line."""
        return _line(one, names)

    async def names(self) -> dict[UUID, str]:
        """Return the short name of every node."""
        found: dict[UUID, str] = {run: name for name, run in self.runs.items()}
        found |= {make_evaluation_id(run): f"{name}~" for name, run in self.runs.items()}
        async with self.database.read_primary() as conn:
            for statement in _NAMES:
                found |= {row[0]: row[1] for row in await conn.execute(sa.text(statement), {"w": self.workspace})}
        return found


_NAMES = (
    "SELECT v.id, d.name || '@' || v.name FROM dataset_versions v JOIN datasets d ON d.id = v.dataset "
    "WHERE v.workspace = :w",
    "SELECT v.id, d.name || '@' || v.name FROM model_versions v JOIN models d ON d.id = v.model WHERE v.workspace = :w",
    "SELECT v.id, d.name || '@' || v.name FROM feature_view_versions v JOIN feature_views d ON d.id = v.feature_view "
    "WHERE v.workspace = :w",
    "SELECT v.id, d.endpoint || '@' || v.name FROM deployment_revisions v JOIN deployments d ON d.id = v.deployment "
    "WHERE v.workspace = :w",
    "SELECT id, uri || COALESCE(' #' || left(split_part(digest, ':', 2), 2), '') FROM artifact_versions "
    "WHERE workspace = :w",
    "SELECT id, 'code ' || left(commit, 7) FROM code_revisions WHERE workspace = :w",
    "SELECT id, 'environment' FROM environments WHERE workspace = :w",
)


def _line(one: Interval, names: dict[UUID, str]) -> str:
    edge = one.edge
    about = "" if edge.role is None else f" {edge.role.name.lower()}"
    about += "" if edge.subset is None else f"/{edge.subset}"
    about += " overlapping" if one.held.overlapping else ""
    source, target = _name(edge.source, names), _name(edge.target, names)
    return f"{source} {edge.kind.name}{about} {target}" + ("?" if edge.origin is Origin.INFERRED else "")


def _name(key: NodeKey, names: dict[UUID, str]) -> str:
    text = names.get(key.uuid)
    if text is None and key.kind is NodeKind.RUN:
        return "a run"
    name = str(key.uuid) if text is None else text
    prefix = "@as left by run "
    if prefix in name:
        left, _, run = name.partition(prefix)
        return f"{left}@{names.get(UUID(run), run)}"
    return name
