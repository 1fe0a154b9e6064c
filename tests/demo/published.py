"""The speed-run data read straight from its files, by code that shares nothing with the converter."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "demo" / "speedruns"

Row = list[Any]
"""[step, loss or null, clock]"""


@cache
def read_logs() -> tuple[dict[str, Any], ...]:
    """Return the objects of all files."""
    logs: list[dict[str, Any]] = []
    for path in sorted((FOLDER / "runs").iterdir()):
        logs += [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    return tuple(logs)


def count_falls(rows: list[Row]) -> int:
    return sum(1 for index in range(1, len(rows)) if rows[index][0] < rows[index - 1][0])


@cache
def read_pieces() -> dict[tuple[str, int], list[Row]]:
    """Return the validation rows of each training by (source path, part from 1), without the eight short files."""
    pieces: dict[tuple[str, int], list[Row]] = {}
    for log in read_logs():
        if Path(log["source_path"]).name == "final_val_loss.txt":
            continue
        part = 1
        for index, row in enumerate(log["val"]):
            if index and row[0] < log["val"][index - 1][0]:
                part += 1
            pieces.setdefault((log["source_path"], part), []).append(row)
    return pieces


@cache
def _logs_by_path() -> dict[str, dict[str, Any]]:
    return {log["source_path"]: log for log in read_logs()}


def find_log(source_path: str) -> dict[str, Any]:
    return _logs_by_path()[source_path]
