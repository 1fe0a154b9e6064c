"""A run as a training script has it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any
from uuid import UUID

from whence.tracking.console import ConsoleCapture
from whence.tracking.documents import make_params, make_tags
from whence.tracking.exits import tell
from whence.tracking.measuring import Measures
from whence.tracking.surroundings import Surrounded
from whence.tracking.system import SystemMetrics


class Run(Measures, Surrounded):
    """One execution of code. Nothing it does waits for the service, and nothing it does ends a training.

    Made by `whence.init`. Used as a context manager it finishes itself, as failed where the block raised. Writes go to
    a spool on disk first and from there to the service, each exactly once; what a service that is away did not take is
    sent by the next process, or by `whence sync`.
    """

    _system: SystemMetrics | None = None
    _console: ConsoleCapture | None = None

    def __init__(self, *args: Any, **more: Any) -> None:
        self._contexts = {}
        self.used = {}
        super().__init__(*args, **more)

    def watch_system(self) -> None:
        """Log how busy the machine is every ten seconds, as metrics below `system/`."""
        self._system = SystemMetrics(self._log_system)
        self._system.start()

    def capture_console(self) -> None:
        """Copy what the process prints into the run."""
        self._console = ConsoleCapture(self._log_console)
        self._console.start()

    def _log_console(self, stream: str, first_line: int, text: str) -> None:
        self._write(
            "logConsole", {"stream": stream, "firstLine": first_line, "text": make_tags({"text": text})["text"]}
        )

    def _log_system(self, values: dict[str, float], step: int) -> None:
        named = {self._prefix + key: value for key, value in values.items()}
        self._rows.append((named, step, time.time_ns() // 1_000_000, None))
        self._wake()

    def finish(self, status: str = "FINISHED", *, error: str | None = None) -> None:
        """End the run and wait, as long as WHENCE_EXIT_WAIT says, for the service to take the rest.

        `status` is FINISHED, FAILED or KILLED; `error` goes into the tag `error`. Called twice, the first one counts.
        """
        if self._system is not None:
            self._system.stop()
        if self._console is not None and not self._is_child:
            self._console.stop()
        self._wait_for_snapshot()
        super().finish(status, error=error)

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Set parameters: numbers, texts, booleans, lists, mappings. A value that was there before is replaced."""
        self._write("logBatch", {"params": make_params(params), "mode": "REPLACE"})

    def set_tags(self, tags: Mapping[str, Any]) -> None:
        """Set tags; each value is a text, or becomes one."""
        self._write("logBatch", {"tags": make_tags(tags)})

    def note(self, text: str, *, created_by: str | None = None) -> None:
        """Add a note, in Markdown."""
        note = {"text": make_tags({"text": text})["text"]}
        self._write("logBatch", {"notes": [note if created_by is None else note | {"createdBy": created_by}]})

    def log_contents(self, contents: dict[str, Any]) -> None:
        """Queue parameters and tags in one request; values that are there already are replaced."""
        self._write("logBatch", contents | {"mode": "REPLACE"})

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        status, line = tell(error)
        self.finish(status, error=line)

    def __repr__(self) -> str:
        return f"<whence run {self.id}>"


def _say_nothing(_: str) -> None:
    pass


class SilentRun(Run):
    """A run that records nothing: a rank that only computes, or a training with tracking switched off."""

    records = False

    def __init__(self, id: UUID, experiment: str) -> None:
        self.id = id
        self.experiment = experiment
        self.used = {}
        self._ended = False
        self._warn = _say_nothing

    def log(self, values: Mapping[str, Any], step: int | None = None, **_: Any) -> None:
        """Do nothing."""

    def _write(self, operation: str, fields: dict[str, Any]) -> None:
        pass

    def add_request(self, operation: str, fields: dict[str, Any], *, may_exist: bool = False) -> None:
        pass

    def flush(self) -> None:
        pass

    def finish(self, status: str = "FINISHED", *, error: str | None = None) -> None:
        pass
