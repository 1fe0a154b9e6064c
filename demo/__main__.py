"""`python -m demo` writes the demo as import lines to standard output, `python -m demo digits` a part of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from demo.lines import Demo

DIGITS = Path(__file__).parent / "digits" / "lines.jsonl"
PARTS = ("speedruns", "digits")


def encode(parts: Sequence[str]) -> Iterator[bytes]:
    """Yield the lines of the parts, without their ends."""
    if "speedruns" in parts:
        yield from Demo().encode()
    if "digits" in parts:
        yield from DIGITS.read_bytes().splitlines()


if __name__ == "__main__":
    sys.stdout.buffer.writelines(line + b"\n" for line in encode(sys.argv[1:] or PARTS))
