"""Shows how far an import is: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)

_EVERY = 5.0
"""Seconds between two plain lines."""


class ProgressDisplay:
    """Counts what is done, in bytes or in lines. Writes to standard error: standard output stays the caller's."""

    def __init__(self, title: str, total: int | None, *, unit: str = "bytes", quiet: bool = False) -> None:
        self._title = title
        self._total = total
        self._unit = unit
        self._quiet = quiet
        self._done = 0
        self._told = time.monotonic()
        console = Console(stderr=True)
        self._bar = _make_bar(console, unit) if console.is_terminal and not quiet else None

    def __enter__(self) -> ProgressDisplay:
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=self._total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, size: int) -> None:
        """So many more bytes, or lines, are done."""
        self._done += size
        if self._bar is not None:
            self._bar.advance(self._task, size)
        elif not self._quiet and time.monotonic() - self._told >= _EVERY:
            self._told = time.monotonic()
            share = f"{self._done / self._total:.0%}" if self._total else f"{self._done} {self._unit}"
            print(f"{self._title}: {share}", file=sys.stderr, flush=True)


def _make_bar(console: Console, unit: str) -> Progress:
    amount = (DownloadColumn(), TransferSpeedColumn()) if unit == "bytes" else (MofNCompleteColumn(),)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        *amount,
        TimeElapsedColumn(),
        console=console,
    )
