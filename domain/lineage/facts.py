"""What is known about a node beside its edges: digest, place, size, owner, whether it is still to be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.digests import normalise_digest
from domain.errors import InvalidInput, TooLarge
from domain.ids import NodeKind
from domain.lineage.claims import check_moment
from domain.lineage.kinds import NAMES, VERSIONS
from domain.texts import check_name, check_text
from domain.uris import normalise_uri

INT64_MAX = (1 << 63) - 1
MOST_SPLITS = 100


class AvailabilityState(StrEnum):
    """Whether the bytes of a version are still to be had."""

    AVAILABLE = "AVAILABLE"
    MISSING = "MISSING"
    EXPIRED = "EXPIRED"
    ERASED = "ERASED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether the bytes are to be had, since when, and why not."""

    state: AvailabilityState
    since: datetime | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        check_moment(self.since, "availability", "since")
        if self.reason is not None:
            check_text(self.reason, "availability", "reason")

    def to_json(self) -> dict[str, Any]:
        """Return what stands in the record."""
        since = None if self.since is None else self.since.isoformat()
        return {"state": self.state.value, "since": since, "reason": self.reason}


_HAS_BYTES = frozenset({NodeKind.DATASET_VERSION, NodeKind.ARTIFACT_VERSION, NodeKind.MODEL_VERSION})

BELONGS = {
    "digest": _HAS_BYTES,
    "location": frozenset({NodeKind.DATASET_VERSION}),
    "size": frozenset({NodeKind.DATASET_VERSION, NodeKind.ARTIFACT_VERSION}),
    "media_type": frozenset({NodeKind.ARTIFACT_VERSION}),
    "splits": frozenset({NodeKind.DATASET_VERSION}),
    "stage": frozenset({NodeKind.MODEL_VERSION}),
    "availability": _HAS_BYTES,
    "happened_at": VERSIONS - {NodeKind.DEPLOYMENT_REVISION},
    "owner": NAMES | VERSIONS,
    "description": NAMES | VERSIONS | {NodeKind.CODE_REVISION, NodeKind.ENVIRONMENT},
}
"""Which kinds of nodes have a fact."""


def read_facts(kind: NodeKind, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as they stand in the columns of a kind of node. Raises `InvalidInput` with the fact's name."""
    read: dict[str, Any] = {}
    for name, value in given.items():
        field = _spell(name)
        if kind not in BELONGS[name]:
            raise InvalidInput(f"a {kind.name} has no {field}", path=[field])
        read[name] = _READERS[name](value, field)
    if not read:
        raise InvalidInput("nothing is said of the node", path=[])
    return read


def _read_size(value: int, field: str) -> int:
    if not 0 <= value <= INT64_MAX:
        raise InvalidInput(f"{value} is no size in bytes", path=[field])
    return value


def _read_splits(value: list[str], field: str) -> list[str]:
    if len(value) > MOST_SPLITS:
        raise TooLarge(f"{len(value)} splits; a version has at most {MOST_SPLITS}", path=[field])
    if len(set(value)) != len(value):
        raise InvalidInput("a split is named twice", path=[field])
    return [check_name(one, field, str(place)) for place, one in enumerate(value)]


def _read_moment(value: datetime, field: str) -> datetime:
    check_moment(value, field)
    return value


def _read_availability(value: Availability, _field: str) -> dict[str, Any]:
    return value.to_json()


def _spell(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


_READERS: dict[str, Any] = {
    "digest": normalise_digest,
    "location": normalise_uri,
    "size": _read_size,
    "media_type": check_name,
    "splits": _read_splits,
    "stage": check_name,
    "availability": _read_availability,
    "happened_at": _read_moment,
    "owner": check_text,
    "description": check_text,
}
