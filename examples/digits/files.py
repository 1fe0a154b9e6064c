"""Where models, reports and data lie: a folder, whose files the runs refer to."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import whence
from whence.tracking.handles import Artifact

Kind = Literal["model", "checkpoint", "report", "prediction", "output"]


@dataclass(frozen=True)
class Files:
    """The folder."""

    folder: Path

    def write(self, path: str, value: Any) -> Path:
        """Store a value: text as it is, all else pickled."""
        raw = value.encode() if isinstance(value, str) else pickle.dumps(value, protocol=5)
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(raw)
        return target

    def publish(self, run: whence.Run, path: str, value: Any, kind: Kind, *, step: int | None = None) -> Artifact:
        """Store a value that a run made, and record that. The bytes stay in the folder."""
        return run.log_artifact(self.write(path, value), path, kind=kind, step=step, upload=False)

    def read(self, path: str) -> Any:
        """Return a value that was stored."""
        return pickle.loads((self.folder / path).read_bytes())  # a file that this script wrote
