"""Events and console output of runs: what trackers send beside points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.ids import AttemptID


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A value that is no number, logged under a key at a step: any JSON."""

    key: str
    step: int
    value: Any
    happened_at: datetime
    attempt: AttemptID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogChunk:
    """Lines of console output of one writer; a chunk that begins at the same line replaces an earlier one."""

    stream: str
    writer: str
    first_line: int
    lines: int
    content: bytes
    attempt: AttemptID | None = None
