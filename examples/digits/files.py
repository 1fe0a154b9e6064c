"""Where models, reports and data lie: a folder, which lines call by the address that it is published at."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from examples.digits.journal import Ref, digest_bytes
from examples.digits.runs import Run


@dataclass(frozen=True)
class Stored:
    """A file as the record knows it."""

    uri: str
    digest: str
    size: int
    path: Path

    @property
    def ref(self) -> Ref:
        return {"uri": self.uri}


@dataclass(frozen=True)
class Files:
    """The folder, and its address."""

    folder: Path
    address: str

    def write(self, path: str, value: Any) -> Stored:
        """Store a value: text as it is, all else pickled."""
        raw = value.encode() if isinstance(value, str) else pickle.dumps(value, protocol=5)
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(raw)
        return Stored(f"{self.address}/{path}", digest_bytes(raw), len(raw), target)

    def publish(self, run: Run, path: str, value: Any, role: str, **more: Any) -> Stored:
        """Store a value that a run made, and note that."""
        stored = self.write(path, value)
        run.generate(stored.ref, role, **more)
        run.describe(stored.ref, digest=stored.digest, size=stored.size)
        return stored


def read_model(stored: Stored) -> Any:
    """Return a model that was stored."""
    return pickle.loads(stored.path.read_bytes())  # a file that this script wrote
