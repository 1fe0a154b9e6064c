"""Cursors: a place in the order of one question, in one point in time of one engine."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

from domain.errors import CursorExpired, InvalidInput
from domain.search.questions import SearchQuestion
from domain.texts import shown

ADAPTER = "elasticsearch"
VERSION = 1
DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a hit stands: by its sort values, or by its rank among the first ones, which are ranked twice."""

    point: str
    values: tuple[Any, ...] = ()
    rank: int | None = None


class _Packed(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    adapter: str
    version: int
    digest: bytes
    point: str
    values: list[Any]
    rank: int | None


class _Named(msgspec.Struct, array_like=True):
    adapter: str


def digest_question(question: SearchQuestion, generation: int) -> bytes:
    """Return what a cursor keeps of its question: all but which page of it is meant, and what is counted beside it."""
    asked = (question.workspace, question.condition, sorted(question.kinds), question.orders, generation)
    hashed = blake2b(repr(asked).encode(), digest_size=DIGEST_BYTES)
    for ids in (sorted(question.hidden), () if question.scope is None else question.scope.ids.ids):
        hashed.update(b"".join([b"ids", *[one.bytes for one in ids]]))
    return hashed.digest()


def write_cursor(digest: bytes, place: Place) -> str:
    packed = _Packed(ADAPTER, VERSION, digest, place.point, list(place.values), place.rank)
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(packed)).decode("ascii")


def read_cursor(text: str, digest: bytes) -> Place:
    """Read a cursor. Raises `InvalidInput` for a broken one and for one of another question, `CursorExpired` for one
    that another engine gave.
    """
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        if msgspec.msgpack.decode(raw, type=_Named).adapter != ADAPTER:
            raise CursorExpired("another engine gave this cursor: begin from the first page", path=["after"])
        packed = msgspec.msgpack.decode(raw, type=_Packed)
    except (ValueError, binascii.Error, msgspec.MsgspecError) as exc:
        raise InvalidInput(f"{shown(text)} is not a cursor", path=["after"]) from exc
    if packed.version != VERSION or packed.digest != digest:
        raise InvalidInput(f"{shown(text)} is a cursor of another question", path=["after"])
    return Place(point=packed.point, values=tuple(packed.values), rank=packed.rank)
