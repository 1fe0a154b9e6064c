"""The service as a user starts it: a process of its own, on a port of its own, over a database of the test's."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SECONDS_TO_STOP = 20


@dataclass(frozen=True)
class ServiceProcess:
    """A running service."""

    url: str
    process: subprocess.Popen[str]


@contextmanager
def run_service_process(
    database_url: str, folder: Path, *, arguments: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> Iterator[ServiceProcess]:
    """Run `whence serve` until the block ends; its log lies in `folder`."""
    command = [sys.executable, "-m", "whence.command_line", "serve", "--port", "0", "--data", str(folder), *arguments]
    with (folder / "service.log").open("w") as log:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=clean_environment() | {"WHENCE_DATABASE_URL": database_url} | dict(environment or {}),
        )
        with process:
            try:
                yield ServiceProcess(url=_read_address(process, folder), process=process)
            finally:
                process.terminate()
                _wait(process)


def start_and_kill(database_url: str, folder: Path, *, port: str, times: int, after_s: float) -> None:
    """Start a service at a port and kill it after a while, so many times, one after the other."""
    for _ in range(times):
        with run_service_process(database_url, folder, arguments=["--port", port]) as again:
            time.sleep(after_s)
            again.process.kill()
            again.process.wait()


def clean_environment() -> dict[str, str]:
    """Return the environment without what would change the settings of a service or a client."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WHENCE_")}


def _read_address(process: subprocess.Popen[str], folder: Path) -> str:
    output: IO[str] | None = process.stdout
    assert output is not None
    for line in output:
        if line.split()[:1] == ["Health"]:
            return line.split()[1].removesuffix("/healthz")
    raise AssertionError(f"the service did not start:\n{(folder / 'service.log').read_text()}")


def _wait(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
