"""Facts that name no version: a dataset that a run read, a model by its alias. Edges follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.ids import NodeKey, RunID, WorkspaceID
from domain.lineage.edges import hash_parts, to_bytes
from domain.lineage.kinds import EdgeKind, Origin
from domain.lineage.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class UnboundFact:
    """An edge whose source is a name: `alias` of a model, or a dataset as it was when `other` read it."""

    workspace: WorkspaceID
    kind: EdgeKind
    name: NodeKey
    alias: str | None
    other: NodeKey
    role: Role | None
    run: RunID | None
    subset: str | None
    origin: Origin
    producer: str

    @property
    def id(self) -> UUID:
        """Return the hash of all the fields."""
        return hash_parts(
            b"unbound",
            self.workspace.bytes,
            to_bytes(self.kind),
            to_bytes(self.name.kind),
            self.name.uuid.bytes,
            to_bytes(self.alias),
            to_bytes(self.other.kind),
            self.other.uuid.bytes,
            to_bytes(self.role),
            None if self.run is None else self.run.bytes,
            to_bytes(self.subset),
            to_bytes(self.origin),
            to_bytes(self.producer),
        )
