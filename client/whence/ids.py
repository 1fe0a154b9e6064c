"""Ids that a client makes itself, so that everything works before the service has answered."""

from __future__ import annotations

import os
import time
from uuid import UUID, uuid5

_NAMES = UUID("4bb7b0f5-0f6c-5a0e-9d3c-5d0f1d7d6b0e")
"""The namespace of ids that are made from names."""


def make_uuid7() -> UUID:
    """Return a new UUIDv7 (RFC 9562): milliseconds since 1970, then 74 random bits."""
    millis = time.time_ns() // 1_000_000
    tail = int.from_bytes(os.urandom(10), "big")
    return UUID(
        int=(millis & ((1 << 48) - 1)) << 80 | 7 << 76 | (tail >> 62 & 0xFFF) << 64 | 2 << 62 | tail & ((1 << 62) - 1)
    )


def make_named(*parts: object) -> UUID:
    """Return the id that these parts always give: how processes that never spoke agree on one."""
    return uuid5(_NAMES, "\0".join(map(str, parts)))
