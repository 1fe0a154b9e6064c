"""The snapshot of a run: taken beside the training, recorded as code, environment and three small files."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whence.snapshot.seeds import SEEDS
from whence.tracking.making import Makes
from whence.tracking.publishing import Publishes
from whence.tracking.using import Uses
from whence.tracking.writing import drop_none

if TYPE_CHECKING:
    from whence.snapshot.snapshots import Snapshot, Taken

SNAPSHOT_PATH = "whence/snapshot.json"
DIFF_PATH = "whence/changes.patch"
REQUIREMENTS_PATH = "whence/requirements.txt"
STATES_PATH = "whence/generators.pickle"
_WAIT_S = 20.0


@dataclass(frozen=True)
class Reproducibility:
    """Whether somebody else can do a run again: the digest of what it ran in, and all that is missing for it."""

    digest: str | None
    missing: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([f"snapshot {self.digest}", *(f"missing: {line}" for line in self.missing)])


class Surrounded(Uses, Makes, Publishes):
    """A run that says what it ran in."""

    _taken: Taken | None = None
    _looking: threading.Thread | None = None

    @property
    def reproducibility(self) -> Reproducibility:
        """What is recorded of the surroundings, and what is missing to do it again. Waits for the snapshot."""
        self._wait_for_snapshot()
        taken = self._taken
        missing = ["snapshot: switched off"] if taken is None else list(taken.missing)
        if SEEDS.seed is None:
            missing.append("seeds: call whence.seed_all(n)")
        missing += [f"data: {one.name} has no version" for one in self.used if one.version is None]
        return Reproducibility(None if taken is None else taken.digest, tuple(missing))

    def take_snapshot(self, parts: Collection[str], environment: Mapping[str, str]) -> None:
        """Look at the surroundings in a thread of its own, and record them."""
        if parts and self.records and self._owns:
            self._looking = threading.Thread(
                target=self._look, args=(tuple(parts), dict(environment)), name="whence-snapshot", daemon=True
            )
            self._looking.start()

    def wait_for_imports(self) -> None:
        """Wait until no thread of the run imports anything."""
        super().wait_for_imports()
        self._wait_for_snapshot()

    def log_generators(self) -> None:
        """Keep the state of all generators of random numbers as a file of the run, pickled."""
        from whence.snapshot.seeds import collect_states

        self._take_bytes(collect_states(), STATES_PATH, step=None, media_type="application/octet-stream", kind="log")

    def _wait_for_snapshot(self) -> None:
        if self._looking is not None and self._looking is not threading.current_thread():
            self._looking.join(_WAIT_S)

    def _look(self, parts: tuple[str, ...], environment: Mapping[str, str]) -> None:
        try:
            from whence.snapshot.snapshots import take_snapshot

            self._taken = taken = take_snapshot(parts, environment)
            self._write("logBatch", _describe(taken.snapshot))
            self._take_bytes(
                taken.snapshot.encode(), SNAPSHOT_PATH, step=None, media_type="application/json", kind="log"
            )
            if taken.diff:
                self._take_bytes(taken.diff, DIFF_PATH, step=None, media_type="text/x-diff", kind="log")
            if taken.snapshot.packages is not None:
                requirements = taken.snapshot.packages.write_requirements()
                self._take_bytes(requirements, REQUIREMENTS_PATH, step=None, media_type="text/plain", kind="log")
        except Exception as exc:  # a look at the surroundings is no reason to end a training
            self._warn(f"the surroundings of the run could not be recorded: {type(exc).__name__}: {exc}")


def _describe(snapshot: Snapshot) -> dict[str, Any]:
    """Return code and environment as the record has them."""
    fields: dict[str, Any] = {}
    git = snapshot.git
    if git is not None:
        fields["code"] = drop_none(
            {
                "repository": git.repository or Path(git.root).as_uri(),
                "commit": git.commit,
                "diffDigest": git.diff_digest,
                "path": snapshot.entry_point,
            }
        )
    environment = {
        "imageDigest": snapshot.image_digest,
        "lockDigest": None if snapshot.packages is None else snapshot.packages.digest,
        "hardware": None if snapshot.machine is None else snapshot.machine.hardware,
    }
    if drop_none(environment):
        fields["environment"] = drop_none(environment)
    return fields
