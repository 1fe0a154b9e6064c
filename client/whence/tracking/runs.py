"""A run as a training script has it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any
from uuid import UUID

from whence.spool.records import Request
from whence.tracking.columns import Context
from whence.tracking.documents import make_params, make_tags
from whence.tracking.exits import EXITS, tell
from whence.tracking.operations import Numbering, encode
from whence.tracking.recording import MAX_ROWS, Write
from whence.tracking.sessions import Destination, Session
from whence.tracking.values import is_plain, make_plain
from whence.tracking.voices import Voice

_ERROR_TAG = "error"
_MAX_ERROR = 4_000
_LEAST_STEP = -(1 << 63)
_GREATEST_STEP = (1 << 63) - 1


class Run:
    """One execution of code. Nothing it does waits for the service, and nothing it does ends a training.

    Made by `whence.init`. Used as a context manager it finishes itself, as failed where the block raised. Writes go to
    a spool on disk first and from there to the service, each exactly once; what a service that is away did not take is
    sent by the next process, or by `whence sync`.
    """

    def __init__(
        self,
        destination: Destination,
        *,
        id: UUID,
        attempt: UUID | None,
        exit_wait: float,
        counts_steps: bool = True,
        prefix: str = "",
        owns: bool = True,
    ) -> None:
        self.id = id
        """UUID of the run; `whence show ID` and every other command takes it."""
        self._destination = destination
        self._attempt = attempt
        self._exit_wait = exit_wait
        self._prefix = prefix
        self._owns = owns
        self._warn = Voice()
        self._ended = False
        self._next_step: int | None = 0 if counts_steps else None
        self._contexts: dict[tuple[Any, ...], Context] = {}
        self._make: Write | None = None
        self._is_child = False
        self._open_session()

    def _open_session(self) -> None:
        self._session = Session(self._destination, run=self.id, attempt=self._attempt, warn=self._warn)
        self._recorder = self._session.recorder
        self._rows = self._recorder.rows
        self._started = False

    def log(
        self,
        values: Mapping[str, Any],
        step: int | None = None,
        *,
        on: Mapping[str, Any] | None = None,
        subset: str | None = None,
        of: Mapping[str, Any] | None = None,
    ) -> None:
        """Log metrics of one step, in about a microsecond.

        `values` maps keys (1 to 500 characters) to numbers: NaN and infinities are kept, tensors and arrays of one
        element are read at once, nested mappings become `outer/inner`; what is no number is left out with a warning.
        `step` is an int64; left out, it counts on from the last one. `on` and `of` are references to what was measured
        on and what was measured, `subset` a part of it.
        """
        if self._ended:
            self._warn("log() after finish(): nothing is recorded")
            return
        if not is_plain(values):
            values = make_plain(values, self._warn)
        if self._prefix:
            values = {self._prefix + key: value for key, value in values.items()}
        else:
            values = dict(values)
        if not values:
            return
        rows = self._rows
        rows.append((values, self._count(step), time.time_ns() // 1_000_000, self._find_context(on, subset, of)))
        if len(rows) == 1:
            self._wake()
        elif len(rows) > MAX_ROWS:
            self._recorder.flush()

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

    def flush(self) -> None:
        """Put everything that was logged so far on disk, from where it is sent whatever happens to this process."""
        self._recorder.flush()
        self._session.outgoing.sync()

    def finish(self, status: str = "FINISHED", *, error: str | None = None) -> None:
        """End the run and wait, as long as WHENCE_EXIT_WAIT says, for the service to take the rest.

        `status` is FINISHED, FAILED or KILLED; `error` goes into the tag `error`. Called twice, the first one counts.
        """
        if self._ended:
            return
        if self._owns:
            fields: dict[str, Any] = {"finish": {"status": status}}
            if error:
                fields["tags"] = make_tags({_ERROR_TAG: error[:_MAX_ERROR]})
            self._write("logBatch", fields)
        self._ended = True
        EXITS.remove(self)
        if not self._session.finish(wait=self._exit_wait):
            self._say_what_waits()

    def end(self, status: str, error: str | None) -> None:
        """Finish at the end of the process."""
        self.finish(status, error=error)

    def begin_in_child(self) -> None:
        """Write as another writer from here on: this is a forked child, whose parent keeps what is in the buffers."""
        self._session.abandon()
        self._owns = False
        self._is_child = True
        self._open_session()

    def wait_for_imports(self) -> None:
        """Wait until no thread of the run imports anything."""
        if self._started:
            self._session.wait_for_imports()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        status, line = tell(error)
        self.finish(status, error=line)

    def __repr__(self) -> str:
        return f"<whence run {self.id}>"

    def create(
        self, fields: dict[str, Any], *, resumes: dict[str, Any] | None, must_exist: bool, is_ours: bool
    ) -> None:
        """Queue the making of the run, or, where it is there already, its next attempt.

        `is_ours` says that nobody else can have made it: then each process of ours may, whoever comes first.
        """

        def make(numbering: Numbering) -> Request:
            about = numbering.take()
            bodies = [] if must_exist else [encode("createRun", {"id": str(self.id)} | about | fields)]
            if resumes is not None:
                bodies.append(encode("resumeRun", {"run": str(self.id)} | about | resumes))
            return Request("createRun", tuple(bodies), may_exist=is_ours)

        if is_ours or resumes is not None:
            self._make = make
        self._recorder.add(make)
        self._start()

    def add_request(self, operation: str, fields: dict[str, Any], *, may_exist: bool = False) -> None:
        """Queue a write of something else than the run; what is there already is as good where it `may_exist`."""
        body = encode(operation, fields)
        self._recorder.add(lambda _: Request(operation, (body,), may_exist=may_exist))
        self._start()

    def log_contents(self, contents: dict[str, Any]) -> None:
        """Queue parameters and tags in one request; values that are there already are replaced."""
        self._write("logBatch", contents | {"mode": "REPLACE"})

    def _write(self, operation: str, fields: dict[str, Any]) -> None:
        if self._ended:
            self._warn(f"{operation} after finish(): nothing is recorded")
            return
        self._recorder.add(lambda numbering: numbering.make_request(operation, fields))
        self._start()

    def _wake(self) -> None:
        self._start()
        self._recorder.wake()

    def _start(self) -> None:
        if not self._started:
            self._started = True
            if self._is_child and self._make is not None:  # its first write may come before the parent's does
                self._rows.appendleft(self._make)
            self._session.start()

    def _count(self, step: int | None) -> int | None:
        if step is None:
            step = self._next_step
        elif step.__class__ is not int or not _LEAST_STEP <= step <= _GREATEST_STEP:
            step = self._read_step(step)
        if step is None:  # a resumed run: the service counts on from its highest step
            return None
        if self._next_step is not None and step >= self._next_step:
            self._next_step = step + 1
        return step

    def _read_step(self, step: Any) -> int | None:
        """Return a step as an int64; what cannot be one counts as left out."""
        try:
            read = int(step)
        except (TypeError, ValueError, OverflowError):
            read = None
        if read is not None and _LEAST_STEP <= read <= _GREATEST_STEP:
            return read
        self._warn(f"step {str(step)[:40]} is no int64; the points count on from the last step")
        return self._next_step

    def _find_context(
        self, on: Mapping[str, Any] | None, subset: str | None, of: Mapping[str, Any] | None
    ) -> Context | None:
        if on is None and of is None and subset is None:
            return None
        given = (("on", on), ("subset", subset), ("of", of))
        context = tuple((name, value) for name, value in given if value is not None)
        return self._contexts.setdefault((repr(context),), context)

    def _say_what_waits(self) -> None:
        outgoing = self._session.outgoing
        if not outgoing.waiting:
            return
        reason = f" ({outgoing.reason})" if outgoing.reason else ""
        count = outgoing.waiting
        self._warn(
            f"{count} request{'s' if count > 1 else ''} of run {self.id} wait in {outgoing.folder}{reason}; "
            "the next process of the run, or `whence sync`, sends them"
        )


class SilentRun(Run):
    """A run that records nothing: a rank that only computes, or a training with tracking switched off."""

    def __init__(self, id: UUID) -> None:
        self.id = id

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
