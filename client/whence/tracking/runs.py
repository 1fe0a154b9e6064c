"""A run as a training script has it."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any
from uuid import UUID

from whence.tracking.documents import make_params, make_tags
from whence.tracking.exits import tell
from whence.tracking.making import Makes
from whence.tracking.measuring import Measures
from whence.tracking.using import Uses


class Run(Measures, Uses, Makes):
    """One execution of code. Nothing it does waits for the service, and nothing it does ends a training.

    Made by `whence.init`. Used as a context manager it finishes itself, as failed where the block raised. Writes go to
    a spool on disk first and from there to the service, each exactly once; what a service that is away did not take is
    sent by the next process, or by `whence sync`.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        self._contexts = {}
        self.used = {}
        super().__init__(*args, **more)

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
