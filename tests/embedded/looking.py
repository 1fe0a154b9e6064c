"""What the tests of the embedded Postgres look at from outside: processes, and rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from store.embedded.processes import cluster_name, list_processes

PATIENCE_S = 60.0


def find_servers(folder: Path) -> Sequence[int]:
    """Return the processes of the folder's server, by the name they carry."""
    name = cluster_name(folder / "data")
    return [pid for pid, command in list_processes().items() if name in command]


def has_ended(pid: int) -> bool:
    return pid not in list_processes()


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something that is about to happen; fail if it does not."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def account_of(pid: int) -> int:
    """Return the user number that a process runs under."""
    return Path("/proc", str(pid)).stat().st_uid


async def fetch(url: str, statement: str) -> Any:
    """Run one statement on a connection of its own and return its first value."""
    conn = await asyncpg.connect(url)
    try:
        return await conn.fetchval(statement)
    finally:
        await conn.close()
