"""Ids of runs that are the same at every import: a UUIDv7 whose random bits come from the key of the run."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID


def make_run_id(key: str, started_at: datetime) -> str:
    """Return the id of the run with that key. It sorts by the day it started."""
    milliseconds = int(started_at.timestamp() * 1000)
    digest = int.from_bytes(hashlib.sha256(key.encode()).digest()[:10], "big")
    random_a, random_b = digest & 0xFFF, digest >> 12 & (1 << 62) - 1
    return str(UUID(int=milliseconds << 80 | 7 << 76 | random_a << 64 | 2 << 62 | random_b))
