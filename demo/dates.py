"""When a recipe was tried: its folder's name tells the day, or the table of the track's README does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from demo.logs import Note

_IN_NAME = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})[-_]")
_IN_TABLE = re.compile(r"\| (\d{4})/(\d{2})/(\d{2}) \| \[log\]\(results/([^/)]+)\.txt\)")


def parse_day(folder: str) -> datetime | None:
    """Return the day that the name of a dated folder begins with, as midnight UTC."""
    found = _IN_NAME.match(folder)
    return _day(found.groups()) if found else None


def read_result_days(notes: Iterable[Note]) -> dict[str, datetime]:
    """Return the day of each log that lies loose in `results/`, from the table of results of the track's README."""
    rows = (row for note in notes if note.path == "track_3_optimization/README.md" for row in note.text.splitlines())
    return {found[4]: _day(found.groups()[:3]) for row in rows for found in _IN_TABLE.finditer(row)}


def _day(parts: tuple[str | None, ...]) -> datetime:
    year, month, day = (int(part or 0) for part in parts)
    return datetime(year, month, day, tzinfo=UTC)
