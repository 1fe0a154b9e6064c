"""Ids: UUIDv7 inside, typed so that they cannot be swapped, and the global id that clients see."""

from __future__ import annotations

import base64
import binascii
import os
import time
from dataclasses import dataclass
from enum import Enum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from domain.errors import InvalidInput

WorkspaceID = NewType("WorkspaceID", UUID)
ExperimentID = NewType("ExperimentID", UUID)
RunID = NewType("RunID", UUID)
AttemptID = NewType("AttemptID", UUID)
NoteID = NewType("NoteID", UUID)
NodeID = NewType("NodeID", UUID)
"""The uuid of any node, where its kind stands beside it."""


class NodeKind(Enum):
    """What a global id may name. The value is its first byte: never change or reuse one."""

    WORKSPACE = 1
    EXPERIMENT = 2
    RUN = 3
    NOTE = 4
    ARTIFACT = 5
    DATASET = 16
    DATASET_VERSION = 17
    FEATURE_VIEW = 18
    FEATURE_VIEW_VERSION = 19
    CODE_REVISION = 20
    ENVIRONMENT = 21
    EVALUATION = 22
    ARTIFACT_VERSION = 23
    MODEL = 24
    MODEL_VERSION = 25
    DEPLOYMENT = 26
    DEPLOYMENT_REVISION = 27
    EDGE = 32


class NodeKey(Struct, frozen=True, gc=False):
    """A node of one workspace: its kind and uuid."""

    kind: NodeKind
    uuid: UUID

    def __hash__(self) -> int:
        return hash(self.uuid.int)


@dataclass(frozen=True, slots=True)
class GlobalID:
    """The id that clients hold: kind, workspace and uuid, opaque to them."""

    kind: NodeKind
    workspace: WorkspaceID
    uuid: UUID

    def __str__(self) -> str:
        raw = bytes([self.kind.value]) + self.workspace.bytes + self.uuid.bytes
        return base64.urlsafe_b64encode(raw).decode("ascii")

    @property
    def key(self) -> NodeKey:
        return NodeKey(self.kind, self.uuid)


def parse_global_id(text: str) -> GlobalID:
    """Read a global id. Raises `InvalidInput` for anything that Whence did not make."""
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        if len(raw) != 33:
            raise ValueError
        return GlobalID(NodeKind(raw[0]), WorkspaceID(UUID(bytes=raw[1:17])), UUID(bytes=raw[17:]))
    except (ValueError, binascii.Error) as exc:
        raise InvalidInput(f"{text[:80]!r} is not an id") from exc


def parse_uuid(text: str) -> UUID:
    """Read a bare UUID, with or without dashes. Raises `InvalidInput`."""
    try:
        return UUID(text)
    except ValueError as exc:
        raise InvalidInput(f"{text[:80]!r} is not a UUID") from exc


_last_stamp = 0


def make_uuid7() -> UUID:
    """Return a new UUIDv7 (RFC 9562): ids of one process rise, 4096 of them in a millisecond.

    The 12 bits behind the milliseconds are a fraction of the millisecond that never stands still.
    """
    global _last_stamp
    stamp = max(time.time_ns() * 4096 // 1_000_000, _last_stamp + 1)
    _last_stamp = stamp
    millis, fraction = divmod(stamp, 4096)
    tail = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
    return UUID(int=(millis & ((1 << 48) - 1)) << 80 | 7 << 76 | fraction << 64 | 2 << 62 | tail)
