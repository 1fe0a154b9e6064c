"""Finds servers that an earlier service left on a data folder, and stops them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from store.embedded.errors import EmbeddedPostgresError

FAST_SHUTDOWN_S = 60.0
IMMEDIATE_SHUTDOWN_S = 5.0
POLL_S = 0.02


def cluster_name(data: Path) -> str:
    """Return the name that every process of this data folder's server shows in its title.

    Made of the folder's device and inode: a copy of the folder has another one, the same folder by another path has
    the same. Titles can be read by anybody and everywhere, unlike working directories or open files.
    """
    found = data.stat()
    return f"whence-{found.st_dev:x}-{found.st_ino:x}"


def stop_leftovers(folder: Path, data: Path) -> None:
    """Stop whatever still runs on the data folder. The caller holds the folder's lock.

    Raises `EmbeddedPostgresError` if a server runs there that no service of ours started, or that does not stop.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return  # the last shutdown was orderly
    name = cluster_name(data)
    running = list_processes()
    postmaster = _read_pid(pid_file)
    if _is_foreign(running.get(postmaster, ""), name, data):
        raise EmbeddedPostgresError(folder, f"a Postgres that Whence did not start runs on it (process {postmaster})")
    _stop(folder, name, postmaster)
    # A pid may by now be somebody else's; Postgres would take that process for a server of this folder.
    pid_file.unlink(missing_ok=True)


def _read_pid(pid_file: Path) -> int:
    try:
        return int(pid_file.read_text(errors="replace").split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def _is_foreign(command: str, name: str, data: Path) -> bool:
    return name not in command and "postgres" in command and str(data) in command


def _stop(folder: Path, name: str, postmaster: int) -> None:
    def remaining() -> list[int]:
        return [pid for pid, command in list_processes().items() if _is_ours(command, name)]

    pids = remaining()
    if postmaster in pids:
        # It is an orphan, perhaps already on its way out.
        for number, patience in ((signal.SIGINT, FAST_SHUTDOWN_S), (signal.SIGQUIT, IMMEDIATE_SHUTDOWN_S)):
            _send(postmaster, number)
            if _wait_until(lambda: postmaster not in list_processes(), patience):
                break
    # Without its postmaster a process only finishes what it was doing; its memory is discarded, the log replayed.
    for pid in remaining():
        _send(pid, signal.SIGKILL)
    if not _wait_until(lambda: not remaining(), IMMEDIATE_SHUTDOWN_S):
        raise EmbeddedPostgresError(folder, f"a server of an earlier start does not stop (processes {remaining()})")


def _is_ours(command: str, name: str) -> bool:
    return f"cluster_name={name}" in command.split() or command.startswith(f"postgres: {name}: ")


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(POLL_S)
    return True


def list_processes() -> Mapping[int, str]:
    """Return the command line, as its process shows it, of every process that still runs."""
    return _read_proc() if sys.platform == "linux" else _ask_ps()


def _read_proc() -> Mapping[int, str]:
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it ended meanwhile
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").strip()
                if command:  # a process that has ended and waits for its parent has none
                    found[int(entry.name)] = os.fsdecode(command)
    return found


def _ask_ps() -> Mapping[int, str]:
    asked = subprocess.run(["/bin/ps", "-axww", "-o", "pid=,command="], capture_output=True, check=True)
    return parse_ps(os.fsdecode(asked.stdout))


def parse_ps(output: str) -> Mapping[int, str]:
    """Read lines of process number and command."""
    pairs = (line.strip().partition(" ") for line in output.splitlines())
    return {int(pid): command.strip() for pid, _, command in pairs if pid.isdigit()}
