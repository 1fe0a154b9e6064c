"""How a process ends, or forks: runs that were not finished are, with what ended them."""

from __future__ import annotations

import atexit
import logging  # so that its hooks for forks stand before ours: while ours wait, an import must not add them
import os
import sys
import traceback
from types import TracebackType
from typing import Any, Protocol


class Open(Protocol):
    """A run that is not finished."""

    def end(self, status: str, error: str | None) -> None: ...

    def begin_in_child(self) -> None: ...

    def wait_for_imports(self) -> None: ...

    def note_seed(self, seed: int) -> None: ...


class Exits:
    """The runs of this process that are open, and why the process is about to end, if it is known."""

    def __init__(self) -> None:
        self._open: list[Open] = []
        self._status = "FINISHED"
        self._error: str | None = None
        self._watching = False

    def add(self, run: Open) -> None:
        """Finish this run when the process ends, if nobody did before."""
        self._open.append(run)
        if not self._watching:
            self._watching = True
            self._watch()

    def list_open(self) -> list[Open]:
        """Return the runs that are not finished."""
        return list(self._open)

    def remove(self, run: Open) -> None:
        if run in self._open:
            self._open.remove(run)

    def note(self, error: BaseException | None) -> None:
        """Note what ended the process."""
        self._status, self._error = tell(error)

    def _watch(self) -> None:
        logging.getLogger()
        atexit.register(self._end)
        os.register_at_fork(before=self._wait_for_imports, after_in_child=self._begin_in_child)
        sys.excepthook = _Hook(self, sys.excepthook)
        sys.exit = _Exit(self, sys.exit)  # type: ignore[assignment]  # as mypy sees a function that never returns

    def _end(self) -> None:
        for run in list(self._open):
            run.end(self._status, self._error)

    def _begin_in_child(self) -> None:
        for run in self._open:
            run.begin_in_child()
        multiprocessing = sys.modules.get("multiprocessing.util")
        if multiprocessing is not None:  # its children end without atexit, and first forget all finalizers
            multiprocessing.register_after_fork(
                self, lambda exits: multiprocessing.Finalize(None, exits._end, exitpriority=0)
            )

    def _wait_for_imports(self) -> None:
        """Let threads end their imports: a child would wait for ever for a module that nobody goes on importing."""
        for run in self._open:
            run.wait_for_imports()


class _Hook:
    """Stands before the hook for uncaught exceptions."""

    def __init__(self, exits: Exits, next_: Any) -> None:
        self._exits = exits
        self._next = next_

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self._exits.note(error)
        self._next(kind, error, trace)


class _Exit:
    """Stands before `sys.exit`: an exit with a code is the only failure that no hook is told of."""

    def __init__(self, exits: Exits, next_: Any) -> None:
        self._exits = exits
        self._next = next_

    def __call__(self, status: Any = None, /) -> None:
        self._exits.note(SystemExit(status))
        self._next(status)


def tell(error: BaseException | None) -> tuple[str, str | None]:
    """Return a run's status for what ended it, and the last line of the traceback where it failed."""
    if error is None:
        return "FINISHED", None
    if isinstance(error, SystemExit):
        if error.code is None or error.code == 0:
            return "FINISHED", None
        return "FAILED", f"SystemExit: {error.code}"
    if isinstance(error, KeyboardInterrupt):
        return "KILLED", None
    return "FAILED", traceback.format_exception_only(type(error), error)[-1].strip()


EXITS = Exits()
"""The runs of this process."""
