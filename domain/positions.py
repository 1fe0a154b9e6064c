"""Positions order the record's writes; a token names one outbox row at or after a write."""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass
from typing import NewType

from domain.errors import InvalidInput

Position = NewType("Position", int)
"""incarnation x 2^48 + transaction id."""

INCARNATION_SHIFT = 48
_TOKEN = struct.Struct(">qqq")


def make_position(incarnation: int, transaction: int) -> Position:
    """Return the position of a transaction in an incarnation of the record."""
    return Position((incarnation << INCARNATION_SHIFT) | transaction)


@dataclass(frozen=True, slots=True, order=True)
class Token:
    """What a mutation answers with: whoever sends it sees that write and all before it."""

    position: Position
    sequence: int
    nonce: int

    def __str__(self) -> str:
        raw = _TOKEN.pack(self.position, self.sequence, self.nonce)
        return base64.urlsafe_b64encode(raw).decode("ascii")


def parse_token(text: str) -> Token:
    """Read a token. Raises `InvalidInput` for anything that Whence did not make."""
    try:
        position, sequence, nonce = _TOKEN.unpack(base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, struct.error) as exc:
        raise InvalidInput(f"{text[:80]!r} is not a token") from exc
    return Token(Position(position), sequence, nonce)
