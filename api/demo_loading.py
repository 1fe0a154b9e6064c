"""The demo of `whence serve --demo`: written as import lines, then imported through the public API."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from api.settings import ServerSettings

DEMO_WORKSPACE = "demo"
LINES = "demo.jsonl"
MARK = "demo-is-imported"
PATIENCE_S = 5.0

log = structlog.get_logger()


def is_demo_imported(settings: ServerSettings) -> bool:
    """Say whether the mark in the data folder is there."""
    return (settings.data / MARK).exists()


async def load_demo(settings: ServerSettings, *, address: str) -> None:
    """Import the demo unless that was done; a mark in the data folder says so.

    An import that was stopped in the middle is completed at the next start: what is there already is left as it is.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    lines = settings.data / LINES
    if is_demo_imported(settings):
        return
    if await _write_lines(lines) and await _import_lines(settings, lines, address=address):
        (settings.data / MARK).touch()
        lines.unlink()


async def _write_lines(path: Path) -> bool:
    with path.open("wb") as file:
        return await _run(["-m", "demo"], stdout=file.fileno())


async def _import_lines(settings: ServerSettings, lines: Path, *, address: str) -> bool:
    token = {} if settings.token is None else {"WHENCE_TOKEN": settings.token.get_secret_value()}
    given = {"WHENCE_URL": address, "WHENCE_WORKSPACE": DEMO_WORKSPACE, **token}
    arguments = ["-m", "whence.command_line", "import", "--create-workspace", str(lines)]
    return await _run(arguments, environment=given)


async def _run(
    arguments: Sequence[str], *, stdout: int | None = None, environment: Mapping[str, str] | None = None
) -> bool:
    """Run Python in a process of its own, which ends with this task. Say whether it succeeded."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("WHENCE_")}  # noqa: TID251
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=stdout, env={**inherited, **(environment or {})}
    )
    try:
        status = await process.wait()
    except asyncio.CancelledError:
        await _end(process)
        raise
    if status:
        log.error("demo_import_failed", step=arguments[1], status=status)
    return status == 0


async def _end(process: Process) -> None:
    process.terminate()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
