"""Where lines come from: files, gzip files, standard input; read line by line, however large they are."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from whence.failures import BadInput, BadLine
from whence.importing.importer import RawLine
from whence.importing.lines import LONGEST_LINE, read_entry

STDIN = "-"
_MOST_MISTAKES = 20


def read_lines(names: Sequence[str]) -> Iterator[RawLine]:
    """Yield the lines of the files, in their order. Raises `BadInput` for one that cannot be read."""
    for name in names:
        try:
            yield from _read_source(name)
        except (OSError, EOFError) as exc:
            raise BadInput(f"cannot read {name}: {getattr(exc, 'strerror', None) or exc}") from exc


def measure(names: Sequence[str]) -> int | None:
    """Return how many bytes of lines there are to come, or nothing where only reading would tell."""
    if any(name == STDIN or name.endswith(".gz") for name in names):
        return None
    try:
        return sum(Path(name).stat().st_size for name in names)
    except OSError as exc:
        raise BadInput(f"cannot read {exc.filename}: {exc.strerror}") from exc


def find_mistakes(names: Sequence[str]) -> list[BadLine]:
    """Read the files to the end without sending anything, and return the first twenty bad lines."""
    mistakes: list[BadLine] = []
    for line in read_lines([name for name in names if name != STDIN]):
        try:
            if line.raw.strip():
                read_entry(line.raw, source=line.source, number=line.number)
        except BadLine as mistake:
            mistakes.append(mistake)
            if len(mistakes) == _MOST_MISTAKES:
                break
    return mistakes


def _read_source(name: str) -> Iterator[RawLine]:
    if name == STDIN:
        yield from _number(sys.stdin.buffer, "standard input")
        return
    path = Path(name)
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
        yield from _number(stream, name)  # type: ignore[arg-type]


def _number(stream: BinaryIO, source: str) -> Iterator[RawLine]:
    number = 0
    while raw := stream.readline(LONGEST_LINE + 2):  # one more than a longest line with its end, so that more is seen
        number += 1
        yield RawLine(source, number, raw)
