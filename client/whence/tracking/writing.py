"""What every way of writing a run rests on: the queue, the spool, and a writer of its own in each process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from whence.spool.records import Request
from whence.tracking.documents import make_tags
from whence.tracking.exits import EXITS
from whence.tracking.operations import Numbering, encode
from whence.tracking.recording import Write
from whence.tracking.sessions import Destination, Session
from whence.tracking.voices import Voice

_ERROR_TAG = "error"
_MAX_ERROR = 4_000


class RunWriter:
    """Queues the writes of a run, and begins and ends the run. Nothing here waits for the service but `finish`."""

    records = True
    """False where nothing is recorded: another rank writes, or tracking is switched off."""

    def __init__(
        self,
        destination: Destination,
        *,
        id: UUID,
        experiment: str,
        attempt: UUID | None,
        exit_wait: float,
        counts_steps: bool = True,
        prefix: str = "",
        owns: bool = True,
    ) -> None:
        self.id = id
        """UUID of the run; `whence show ID` and every other command takes it."""
        self.experiment = experiment
        """Name of the experiment that it was begun in."""
        self._destination = destination
        self._attempt = attempt
        self._exit_wait = exit_wait
        self._prefix = prefix
        self._owns = owns
        self._warn: Callable[[str], None] = Voice()
        self._ended = False
        self._next_step: int | None = 0 if counts_steps else None
        self._make: Write | None = None
        self._is_child = False
        self._open_session()

    def _open_session(self) -> None:
        self._session = Session(self._destination, run=self.id, attempt=self._attempt, warn=self._warn)
        self._recorder = self._session.recorder
        self._rows = self._recorder.rows
        self._started = False

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

    def note_seed(self, seed: int) -> None:
        """Record by what the generators of random numbers were seeded."""
        self._write("logBatch", {"tags": {"seed": str(seed)}})

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
        if self._ended:
            self._warn(f"{operation} after finish(): nothing is recorded")
            return
        body = encode(operation, fields)
        self._recorder.add(lambda _: Request(operation, (body,), may_exist=may_exist))
        self._start()

    def send_left_files(self) -> None:
        """Send the files that earlier processes of the run left."""
        self._session.send_left_files()

    def _add_keyed(self, operation: str, fields: dict[str, Any]) -> None:
        """Queue a write of something else than the run, which a key of its own makes happen once."""
        self.add_request(operation, fields | {"clientKey": str(uuid4())})

    def _write(self, operation: str, fields: dict[str, Any]) -> None:
        """Queue a write of the run, numbered when its turn comes."""
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

    def _say_what_waits(self) -> None:
        outgoing, uploads = self._session.outgoing, self._session.uploads
        if uploads is not None and uploads.waiting:
            why = f" ({uploads.reason})" if uploads.reason else ""
            self._warn(
                f"{uploads.waiting} file{'s' if uploads.waiting > 1 else ''} of run {self.id} wait in "
                f"{outgoing.folder}{why}; the next process of the run, or `whence sync`, sends them"
            )
        if not outgoing.waiting:
            return
        reason = f" ({outgoing.reason})" if outgoing.reason else ""
        count = outgoing.waiting
        self._warn(
            f"{count} request{'s' if count > 1 else ''} of run {self.id} wait in {outgoing.folder}{reason}; "
            "the next process of the run, or `whence sync`, sends them"
        )


def drop_none(fields: dict[str, Any]) -> dict[str, Any]:
    """Return those fields that have a value."""
    return {key: value for key, value in fields.items() if value is not None}
