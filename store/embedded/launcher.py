"""Becomes another program: under the given account, and told to stop when the process that started it is gone.

Run by path (`python -I -S launcher.py DEATH_SIGNAL PARENT_PID UID GID PIPE PROGRAM ARGUMENT...`), never imported:
what it does has to happen between fork and exec, where a process with threads may not run Python.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
NO_CHANGE = -1
NO_PIPE = -1


def main(arguments: list[str]) -> None:
    death_signal, parent, uid, gid, pipe = map(int, arguments[:5])
    program = arguments[5:]
    if uid != NO_CHANGE:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if pipe == NO_PIPE:
        _die_with(parent, death_signal)
    else:
        _leave_guard(pipe, death_signal)
    os.execv(program[0], program)  # noqa: S606  no shell is what we want


def _die_with(parent: int, death_signal: int) -> None:
    """Ask Linux for the signal; after the change of account, which would clear it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # it died before the call above
        sys.exit(1)


def _leave_guard(pipe: int, death_signal: int) -> None:
    """Elsewhere: leave a shell (1 MB) that waits for the end of the pipe and then sends the signal.

    Only the parent holds the writing end, so the pipe ends when the parent does, however it does. Forked twice: the
    guard is nobody's child that the program would have to know of.
    """
    target = os.getpid()
    if (child := os.fork()) == 0:
        os.setsid()
        if os.fork() == 0:
            os.dup2(pipe, 0)
            os.execv("/bin/sh", ["sh", "-c", f"read -r _; kill -{death_signal} {target} 2>/dev/null"])  # noqa: S606
        os._exit(0)
    os.waitpid(child, 0)
    os.close(pipe)


if __name__ == "__main__":
    main(sys.argv[1:])
