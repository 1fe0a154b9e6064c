"""Reads the speed-run logs and notes as they were published, without interpreting them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

FOLDER = Path(__file__).parent / "speedruns"
NO_CODE = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The SHA-256 of nothing: what four logs have where the digest of their script should stand."""


class Row(NamedTuple):
    """One printed line of a log. The clock is in milliseconds on track 1 and in seconds on track 3."""

    step: int
    loss: float | None
    clock: int


class Log(msgspec.Struct, frozen=True):
    """One log file: one training, several one after the other, or the last line of one."""

    run: str
    group: str
    source_path: str
    code_sha256: str
    env: dict[str, str]
    hparams: dict[str, str]
    val: list[Row]
    train: list[Row]

    @property
    def track(self) -> str:
        return self.source_path.split("/")[1]


class Note(NamedTuple):
    """One Markdown file; `path` is the one it has in the source, below `records/`."""

    path: str
    text: str


_decoder = msgspec.json.Decoder(Log)


def read_logs(folder: Path = FOLDER) -> Iterator[Log]:
    """Yield the 756 logs, file by file in the order of their names."""
    for path in sorted(folder.glob("runs/*.jsonl.gz")):
        with gzip.open(path, "rb") as lines:
            yield from map(_decoder.decode, lines)


def read_notes(folder: Path = FOLDER) -> Iterator[Note]:
    """Yield the 119 notes in the order of their paths."""
    for path in sorted(folder.glob("notes/*.md")):
        yield Note(path=path.name.replace("__", "/"), text=path.read_text(encoding="utf-8"))
