"""Starts a program that ends when this process does, however this process ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from store.embedded.accounts import Account

LAUNCHER = Path(__file__).with_name("launcher.py")

# Nothing of ours leaks in (PGDATA, PGPORT, locales), and initdb need not search for the machine's time zone.
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC"}


class Launched:
    """A running program."""

    def __init__(self, process: subprocess.Popen[bytes], pipe: int | None) -> None:
        self._process = process
        self._pipe = pipe

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def wait(self) -> int:
        """Wait for the end and return the exit status (negative: the signal that killed it)."""
        status = self._process.wait()
        if self._pipe is not None:
            os.close(self._pipe)  # the guard has nothing left to guard
            self._pipe = None
        return status

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens if the program has ended."""
        self._process.send_signal(number)


def launch(
    program: Sequence[str],
    *,
    account: Account | None,
    death_signal: signal.Signals,
    output: IO[bytes],
    keep: Sequence[int] = (),
    by_pipe: bool = sys.platform != "linux",
) -> Launched:
    """Start a program under the account, its output appended to `output`, the descriptors `keep` open in it.

    It gets `death_signal` when the calling thread ends (Linux) or the process does (elsewhere): call it from a
    thread that lives as long as the program may.
    """
    reading, writing = os.pipe() if by_pipe else (None, None)
    numbers = [death_signal, os.getpid(), account.uid if account else -1, account.gid if account else -1]
    pipe = -1 if reading is None else reading
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER), *map(str, map(int, (*numbers, pipe))), *program],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=ENVIRONMENT,
            pass_fds=(*keep, *(() if reading is None else (reading,))),
            start_new_session=True,  # Ctrl-C in the terminal is for the service, which then stops the server
        )
    except BaseException:
        if writing is not None:
            os.close(writing)
        raise
    finally:
        if reading is not None:
            os.close(reading)
    return Launched(process, writing)
