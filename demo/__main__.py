"""`python -m demo` writes the demo as import lines to standard output: the speed runs, then what the digits did."""

from __future__ import annotations

import sys
from pathlib import Path

from demo.lines import Demo

DIGITS = Path(__file__).parent / "digits" / "lines.jsonl"

if __name__ == "__main__":
    sys.stdout.buffer.writelines(line + b"\n" for line in Demo().encode())
    sys.stdout.buffer.write(DIGITS.read_bytes())
