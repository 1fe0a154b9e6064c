"""What a script prints, as lines of its run: beside the terminal, never in place of it."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from whence.snapshot.secrets import scrub_text

FLUSH_S = 1.0
MAX_LINE = 10_000
"""Characters of a line; the rest of a longer one is cut."""
MAX_LINES = 1_000
"""Of one request."""
MAX_ALL = 1_000_000
"""Lines of one stream that are kept; whatever comes after them is only printed."""
STREAMS = ("stdout", "stderr")

Send = Callable[[str, int, str], None]
"""Takes a stream, the number of its first line, and lines with newlines between."""


class _Stream:
    """One stream: its `write` also leaves what is written here."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.written: deque[str] = deque()
        self.next_line = 0
        self._rest = ""
        self._file: Any = getattr(sys, name)
        self._write: Any = self._file.write
        self._owner = os.getpid()

    def begin(self) -> None:
        """Stand before the stream's `write`. Raises `AttributeError` for one that does not let us."""
        self._file.write = self._take

    def end(self) -> None:
        """Give the stream its own `write` back, unless somebody stands before ours."""
        if getattr(self._file.write, "__self__", None) is self:
            self._file.write = self._write

    def take_lines(self, *, all: bool) -> list[str]:
        """Return the lines that are whole, or with the last one, too; a progress bar is the line that it ended as."""
        text = self._rest
        while self.written:
            text += self.written.popleft()
        *lines, self._rest = text.split("\n")
        if all and self._rest:
            lines.append(self._rest)
            self._rest = ""
        self._rest = self._rest[-MAX_LINE:]
        return [line.rstrip("\r").rpartition("\r")[2][:MAX_LINE] for line in lines]

    def _take(self, text: str, /) -> Any:
        if self._owner == os.getpid() and isinstance(text, str):
            self.written.append(text)
        return self._write(text)


class ConsoleCapture:
    """Copies standard output and standard error of a process into its run, once a second, without secrets."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._streams: list[_Stream] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="whence-console", daemon=True)

    def start(self) -> None:
        """Begin to copy. A stream that does not let us is left alone."""
        for name in STREAMS:
            try:
                stream = _Stream(name)
                stream.begin()
            except AttributeError:
                continue
            self._streams.append(stream)
        self._thread.start()

    def stop(self) -> None:
        """Give the streams back and send the rest."""
        self._stopped.set()
        for stream in self._streams:
            stream.end()
        self._thread.join(FLUSH_S)
        self._flush(all=True)

    def _watch(self) -> None:
        while not self._stopped.wait(FLUSH_S):
            self._flush(all=False)

    def _flush(self, *, all: bool) -> None:
        for stream in self._streams:
            lines = stream.take_lines(all=all)[: max(MAX_ALL - stream.next_line, 0)]
            for start in range(0, len(lines), MAX_LINES):
                part = lines[start : start + MAX_LINES]
                self._send(stream.name, stream.next_line, scrub_text("\n".join(part)))
                stream.next_line += len(part)
