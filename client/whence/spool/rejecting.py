"""Requests that the service refused for good: set aside as lines that a person can read and send again."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import msgspec

from whence.spool.folders import REJECTED
from whence.spool.records import Request


def set_aside(folder: Path, request: Request, *, writer: str, reason: str) -> Path:
    """Append a refused request to the run's `rejected/`. Raises `OSError`."""
    aside = folder / REJECTED
    aside.mkdir(parents=True, exist_ok=True)
    path = aside / f"{writer}.jsonl"
    line = {
        "refusedAt": datetime.now(timezone.utc).isoformat(),
        "operation": request.operation,
        "reason": reason,
        "body": msgspec.json.decode(request.bodies[0]),
    }
    with path.open("ab") as file:
        file.write(msgspec.json.encode(line) + b"\n")
    return path
