"""Cursors: a place in one order of one question, opaque to clients and refused by every other question."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec

from domain.errors import InvalidInput
from domain.experiments import Lifecycle
from domain.filters import Filter
from domain.ids import WorkspaceID
from domain.orders import Order
from domain.texts import shown

_BITS = {"smallint": 15, "integer": 31, "bigint": 63}
VERSION = 1
DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: the number of its stretch, its keys there, its id."""

    stretch: int
    values: tuple[Any, ...]
    run: UUID


class _Packed(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    version: int
    digest: bytes
    stretch: int
    values: list[Any]
    run: bytes


def digest_question(workspace: WorkspaceID, where: Filter, orders: Sequence[Order], lifecycle: Lifecycle) -> bytes:
    """Return what a cursor keeps of its question; `where` is in its normal form."""
    question = repr((workspace, where, tuple(orders), lifecycle.value))
    return blake2b(question.encode("utf-8"), digest_size=DIGEST_BYTES).digest()


def write_cursor(digest: bytes, place: Place) -> str:
    packed = msgspec.msgpack.encode(_Packed(VERSION, digest, place.stretch, list(place.values), place.run.bytes))
    return base64.urlsafe_b64encode(packed).decode("ascii")


def read_cursor(text: str, digest: bytes) -> Place:
    """Read a cursor. Raises `InvalidInput` for a broken one, and for one of another question."""
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        packed = msgspec.msgpack.decode(raw, type=_Packed)
        place = Place(packed.stretch, tuple(packed.values), UUID(bytes=packed.run))
    except (ValueError, binascii.Error, msgspec.MsgspecError) as exc:
        raise refuse_cursor(text) from exc
    if packed.version != VERSION or packed.stretch < 0:
        raise refuse_cursor(text)
    if packed.digest != digest:
        raise InvalidInput(
            f"{shown(text)} is a cursor of another question: where, orderBy and workspace must stay as they were",
            path=["after"],
        )
    return place


def check_place(text: str, place: Place, kinds: Sequence[str]) -> None:
    """Raise `InvalidInput` unless the values are of the Postgres types that rows have at that place."""
    if len(place.values) != len(kinds) or not all(map(_fits, place.values, kinds)):
        raise refuse_cursor(text)


def _fits(value: Any, kind: str) -> bool:
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "float8":
            return isinstance(value, float)
        case "text":
            return isinstance(value, str) and "\0" not in value
        case "timestamptz":
            return isinstance(value, datetime) and value.tzinfo is not None
        case _:
            limit = 1 << _BITS[kind]
            return isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit


def refuse_cursor(text: str) -> InvalidInput:
    return InvalidInput(f"{shown(text)} is not a cursor", path=["after"])
