"""Where the processes of one test run meet, and how they talk: lines of JSON over a Unix socket."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PREFIX = "whence-tests-"
CHECKOUT = Path(__file__).parents[2]
MEMORY = Path("/dev/shm")  # clones of a database are made there twenty times as fast
ROOM = 4_000_000_000  # bytes
DATABASE_URL = "WHENCE_TEST_DATABASE_URL"
REQUIRED = "WHENCE_TEST_SERVERS"  # `require`: a server that cannot be had is a failure
ADDRESSES = {"neo4j": "WHENCE_TEST_NEO4J_URL", "elasticsearch": "WHENCE_TEST_ELASTICSEARCH_URL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendezvous:
    """The folder of one test run. Its path is short: sockets lie in it."""

    folder: Path

    @classmethod
    def of_run(cls, run: str) -> Rendezvous:
        """Return the folder of a test run, known by what all its workers know."""
        return cls(folder=Path(tempfile.gettempdir()) / f"{PREFIX}{os.getuid()}-{run[:8]}")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder alone, making it if it is not there; whoever holds it may also remove it."""
        while (lock := self._lock()) is None:
            pass  # the folder was removed while we waited for it
        with lock:
            yield

    def _lock(self) -> IO[str] | None:
        path = self.folder / "lock"
        self.folder.mkdir(mode=0o755, exist_ok=True)
        with suppress(FileNotFoundError):
            lock = path.open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists() and path.stat().st_ino == os.fstat(lock.fileno()).st_ino:
                return lock
            lock.close()
        return None

    @property
    def run(self) -> str:
        return self.folder.name.rpartition("-")[2]

    @property
    def alive(self) -> Path:
        """Held by the keeper for as long as it lives."""
        return self.folder / "alive"

    @property
    def data(self) -> Path:
        """Where the server's data go: into memory where there is room."""
        in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM and os.access(MEMORY, os.W_OK)
        return MEMORY / self.folder.name if in_memory else self.folder / "data"

    @property
    def socket(self) -> Path:
        return self.folder / "keeper"

    @property
    def log(self) -> Path:
        return self.folder / "keeper.log"
