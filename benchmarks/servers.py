"""Whence as a user starts it, on a folder of its own, and what its processes cost."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from store.embedded import EmbeddedPostgres

READY_WITHIN_S = 60
ADDRESS = re.compile(rb"http://127\.0\.0\.1:(\d+)/healthz")


@dataclass(frozen=True, slots=True)
class Service:
    """A running service."""

    process: subprocess.Popen[bytes]
    host: str
    port: int
    folder: Path
    started_in: float
    """Seconds from the start of the process to its first answer."""
    postgres: int | None = None
    """The number of its Postgres' main process, where that is no child of its own."""

    def memory_mb(self) -> float:
        """Return the resident memory of the service's Python process."""
        return _status_mb(self.process.pid, "VmRSS")

    def peak_memory_mb(self) -> float:
        """Return the greatest resident memory it ever had."""
        return _status_mb(self.process.pid, "VmHWM")

    @property
    def path(self) -> str:
        """The path of its GraphQL, in the workspace that every service has."""
        return "/w/default/graphql"

    def cpu_seconds(self) -> tuple[float, float]:
        """Return CPU seconds used so far by the service and by its Postgres (all processes)."""
        servers = children(self.process.pid) if self.postgres is None else [self.postgres]
        return process_cpu(self.process.pid), sum(tree_cpu(server) for server in servers)


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def whence(
    folder: Path | None = None, *, postgres: EmbeddedPostgres | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """Start `whence serve` as a user does, on its own Postgres unless one is given; stop it at the end.

    `settings` are more environment variables.
    """
    with tempfile.TemporaryDirectory(prefix="whence-bench-") as made:
        data = folder or Path(made) / "data"
        command = [str(Path(sys.executable).with_name("whence")), "serve", "--data", str(data), "--port", "0"]
        # As a user's service, which keeps its bytecode: to compile its own modules again takes 0.4 s of each start.
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        asked = {"WHENCE_DATABASE_URL": postgres.url} if postgres else {}
        environment = {**inherited, **asked, **(settings or {})}
        began = time.perf_counter()
        with (Path(made) / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
            try:
                port = _wait_for_port(Path(made) / "log", process)
                wait_for(f"http://127.0.0.1:{port}/readyz", process)
                took = time.perf_counter() - began
                yield Service(process, "127.0.0.1", port, data, took, postgres.process if postgres else None)
            finally:
                process.terminate()
                process.wait(60)


def _wait_for_port(log: Path, process: subprocess.Popen[bytes], *, seconds: float = READY_WITHIN_S) -> int:
    """Return the port that a service says it took. Raises `RuntimeError` if it ends before, or `seconds` pass."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        if said := ADDRESS.search(log.read_bytes()):
            return int(said[1])
        time.sleep(0.005)
    raise RuntimeError(f"the service did not start in {seconds:.0f} s:\n{log.read_text()[-2000:]}")


def wait_for(url: str, process: subprocess.Popen[bytes], *, seconds: float = READY_WITHIN_S) -> None:
    """Return once `url` answers 200. Raises `RuntimeError` if the process ends before, or `seconds` pass."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode} before it answered")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"no answer from {url} in {seconds:.0f} s")


def _status_mb(pid: int, field: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no {field} of process {pid}")


def process_cpu(pid: int) -> float:
    """Return the CPU seconds of one process and of its children that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Return the process ids of the children of a process."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def tree_cpu(pid: int) -> float:
    """Return the CPU seconds of a process and all below it."""
    try:
        return process_cpu(pid) + sum(tree_cpu(child) for child in children(pid))
    except FileNotFoundError:
        return 0.0
