"""From an export of the project to the demo: each step on a day of its own, and nothing of the machine it ran on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from examples.digits.days import Days

ADDRESS = "s3://whence-examples/digits"
"""Where the demo says that the project's files lie."""
REPOSITORY = "whence"
_MOMENTS = ("startedAt", "endedAt", "heldFrom", "heldTo", "at", "happenedAt")
_OF_SNAPSHOTS = "whence/"
"""How the paths of a snapshot's own files begin: lists of this machine's packages, of no use to others."""

Line = dict[str, Any]


def redate(lines: Iterable[str], days: Days, folder: Path) -> Iterator[str]:
    """Give the lines of the demo. `folder` is where the project's files really lay."""
    here = folder.absolute().as_uri()
    for raw in lines:
        line: Line = json.loads(raw.replace(here, ADDRESS))
        if _is_of_snapshot(line):
            continue
        if line["kind"] == "lineage":
            line["edges"] = [edge for edge in line["edges"] if not _is_of_snapshot(edge)]
        line.pop("host", None)
        if "code" in line:
            line["code"]["repository"] = REPOSITORY
        yield json.dumps(_redate(line, days), ensure_ascii=False)


def _is_of_snapshot(line: Line) -> bool:
    path = line.get("file", {}).get("path", "")
    places = [line.get(name) or {} for name in ("node", "target")]
    return path.startswith(_OF_SNAPSHOTS) or any(f"/{_OF_SNAPSHOTS}" in place.get("uri", "") for place in places)


def _redate(value: Any, days: Days) -> Any:
    """Return a value with every moment in it redated."""
    if isinstance(value, list):
        return [_redate(one, days) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _redate_field(name, held, days) for name, held in value.items()}


def _redate_field(name: str, value: Any, days: Days) -> Any:
    if name in _MOMENTS and isinstance(value, str):
        return days.redate(datetime.fromisoformat(value)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if name == "timesMs":
        return [_redate_ms(one, days) for one in value]
    return _redate(value, days)


def _redate_ms(milliseconds: int, days: Days) -> int:
    zone = days.since.tzinfo
    return round(days.redate(datetime.fromtimestamp(milliseconds / 1000, zone)).timestamp() * 1000)
