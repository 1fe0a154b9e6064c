"""Cursors: a place in the order of one question, in one point in time of one generation."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import msgspec

from domain.errors import CursorExpired, InvalidInput
from domain.search.cursors import Adapter, sign_cursor, unsign_cursor
from domain.texts import shown

VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a hit stands: by its sort values, or by its rank among the first ones, which are ranked twice."""

    point: str
    values: tuple[Any, ...] = ()
    rank: int | None = None


class _Packed(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    version: int
    generation: int
    digest: bytes
    point: str
    values: list[Any]
    rank: int | None


@dataclass(frozen=True, slots=True)
class Cursors:
    """The cursors of one question to one generation."""

    generation: int
    digest: bytes

    def write(self, place: Place) -> str:
        packed = _Packed(VERSION, self.generation, self.digest, place.point, list(place.values), place.rank)
        text = base64.urlsafe_b64encode(msgspec.msgpack.encode(packed)).decode("ascii")
        return sign_cursor(Adapter.ELASTICSEARCH, text)

    def read(self, text: str) -> Place:
        """Read a cursor. Raises `InvalidInput` for a broken one and for another question's, `CursorExpired` for another
        adapter's or generation's.
        """
        written = unsign_cursor(Adapter.ELASTICSEARCH, text)
        try:
            raw = base64.b64decode(written.encode("ascii"), altchars=b"-_", validate=True)
            packed = msgspec.msgpack.decode(raw, type=_Packed)
        except (ValueError, binascii.Error, msgspec.MsgspecError) as exc:
            raise InvalidInput(f"{shown(text)} is not a cursor", path=["after"]) from exc
        if packed.version != VERSION or packed.generation != self.generation:
            raise CursorExpired("the index was built anew since: begin from the first page", path=["after"])
        if packed.digest != self.digest:
            raise InvalidInput(f"{shown(text)} is a cursor of another question", path=["after"])
        return Place(point=packed.point, values=tuple(packed.values), rank=packed.rank)
