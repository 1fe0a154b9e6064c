"""A service in a process of its own, which tests may kill: it holds an embedded Postgres and says so in lines of JSON.

Run as `python -m tests.embedded.service FOLDER [--as ACCOUNT] [--file-limit BYTES]`; it stops when its input ends.
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from store.embedded import EmbeddedPostgres, EmbeddedPostgresError
from tests.servers.rendezvous import CHECKOUT


class Service:
    """The process, from outside."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.embedded.service", str(folder), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
        )
        self.process = self._process.pid

    def read(self) -> dict[str, Any]:
        """Return what it says next: `url` and `server` (a process number), or `error`."""
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End its input and wait until it has ended."""
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.stop()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def _become(account: str) -> None:
    found = pwd.getpwnam(account)
    os.setgroups([])
    os.setgid(found.pw_gid)
    os.setuid(found.pw_uid)
    if not os.access(sys.executable, os.X_OK):
        # Root's own Python may be closed to the account; the launcher runs on any.
        sys.executable = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--as", dest="account")
    parser.add_argument("--file-limit", type=int)
    options = parser.parse_args()
    if options.file_limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (options.file_limit, options.file_limit))
    if options.account:
        _become(options.account)
    try:
        with EmbeddedPostgres(options.folder) as server:
            _say({"url": server.url, "server": server.process})
            sys.stdin.read()
    except EmbeddedPostgresError as exc:
        _say({"error": exc.message})


def _say(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
