"""What somebody says of lineage, its ends still references: checked by itself before anything is looked up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.errors import InvalidInput, TooLarge
from domain.ids import NodeKind
from domain.lineage.edges import Held
from domain.lineage.kinds import RECORDABLE, EdgeKind, Origin, WriteMode
from domain.lineage.roles import Role, choose_role
from domain.references import DatasetRef, IDRef, ModelRef, NodeRef
from domain.texts import TEXT_LIMIT, check_name, check_text
from domain.times import make_now

MOST_CLAIMS = 1000
"""Edges that one request may record."""

AHEAD = timedelta(hours=1)
"""How far a client's clock may be ahead of ours."""

_STEPPED = frozenset({EdgeKind.GENERATED, EdgeKind.CONTINUED_AS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One edge as a client says it. Without `held_from` the edge holds from the times of its ends."""

    kind: EdgeKind
    source: NodeRef
    target: NodeRef
    role: Role | None = None
    subset: str | None = None
    origin: Origin = Origin.DECLARED
    producer: str = ""
    held_from: datetime | None = None
    held_to: datetime | None = None
    step: int | None = None
    mode: WriteMode | None = None
    range: Mapping[str, Any] | None = None
    path: str | None = None
    entry_point: str | None = None
    evidence: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in RECORDABLE:
            raise InvalidInput(f"{self.kind.name} is not recorded: it follows from other facts", path=["kind"])
        if self.origin is Origin.INFERRED:
            raise InvalidInput("INFERRED is what the service concludes itself", path=["origin"])
        choose_role(self.kind, self.role, from_evaluation=False)
        _check_texts(self)
        _check_belonging(self)
        check_moment(self.held_from, "heldFrom")
        check_moment(self.held_to, "heldTo")
        check_order(self.held_from, self.held_to)
        _check_versions(self)

    def make_held(self, held_from: datetime) -> Held:
        """Return what the edge's interval says; `held_from` is used where the client gave none."""
        return Held(
            held_from=self.held_from or held_from,
            held_to=self.held_to,
            own_time=self.held_from is not None,
            own_role=self.role is not None or self.kind is not EdgeKind.GENERATED,
            range=self.range,
            step=self.step,
            mode=self.mode,
            path=self.path,
            entry_point=self.entry_point,
            evidence=self.evidence,
        )


def check_moment(moment: datetime | None, *path: str) -> None:
    """Raise `InvalidInput` for a time that has not come; a client's clock may be an hour ahead."""
    if moment is not None and moment > make_now() + AHEAD:
        raise InvalidInput(f"{moment.isoformat()} has not come yet", path=path)


def check_order(start: datetime | None, end: datetime | None, *path: str) -> None:
    """Raise `InvalidInput` for what ends before it starts."""
    if start is not None and end is not None and end < start:
        raise InvalidInput(
            f"it ends at {end.isoformat()}, before it starts at {start.isoformat()}", path=[*path, "heldTo"]
        )


def check_count(count: int, *path: str) -> None:
    """Raise `TooLarge` for more edges than one request may record."""
    if count > MOST_CLAIMS:
        raise TooLarge(f"{count} edges; at most {MOST_CLAIMS} are taken in one request", path=path)


def _check_texts(claim: Claim) -> None:
    if claim.producer:
        check_name(claim.producer, "producer")
    if claim.subset is not None:
        check_name(claim.subset, "subset")
    for field in ("path", "entry_point", "evidence"):
        text = getattr(claim, field)
        if text is not None:
            check_text(text, "entryPoint" if field == "entry_point" else field)
    if claim.range is not None and len(json.dumps(dict(claim.range))) > TEXT_LIMIT:
        raise TooLarge(f"a range has at most {TEXT_LIMIT} bytes as JSON", path=["range"])


def _check_belonging(claim: Claim) -> None:
    """Refuse what the kind of edge has no place for."""
    belongs = {
        "subset": claim.kind in (EdgeKind.USED, EdgeKind.GENERATED),
        "range": claim.kind is EdgeKind.USED,
        "mode": claim.kind is EdgeKind.GENERATED,
        "step": claim.kind in _STEPPED,
        "heldTo": claim.kind is EdgeKind.DEPLOYED_AS,
        "path": claim.kind is EdgeKind.RAN_CODE,
        "entryPoint": claim.kind is EdgeKind.RAN_CODE,
    }
    given = {
        "subset": claim.subset,
        "range": claim.range,
        "mode": claim.mode,
        "step": claim.step,
        "heldTo": claim.held_to,
        "path": claim.path,
        "entryPoint": claim.entry_point,
    }
    for field, value in given.items():
        if value is not None and not belongs[field]:
            raise InvalidInput(f"an edge {claim.kind.name} has no {field}", path=[field])


def _check_versions(claim: Claim) -> None:
    """Refuse a name where only a version can stand."""
    if names_dataset(claim.source) and claim.kind is not EdgeKind.USED:
        raise InvalidInput("name the dataset's version: only what a run reads is bound by its time", path=["source"])
    if names_dataset(claim.target) and claim.kind is not EdgeKind.GENERATED:
        raise InvalidInput("name the dataset's version: only what a run writes has one of its own", path=["target"])
    if isinstance(claim.target, ModelRef) and claim.target.alias is not None:
        raise InvalidInput("what an edge leads to is named by its version, not by an alias", path=["target"])
    for field, ref in (("source", claim.source), ("target", claim.target)):
        if isinstance(ref, ModelRef) and ref.version is None and ref.alias is None:
            raise InvalidInput("name the model's version or an alias", path=[field])


def names_dataset(ref: NodeRef) -> bool:
    """Say whether a reference names a dataset and no version of it."""
    if isinstance(ref, DatasetRef):
        return ref.version is None
    return isinstance(ref, IDRef) and ref.id.kind is NodeKind.DATASET
