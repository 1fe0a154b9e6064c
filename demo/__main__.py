"""`python -m demo` writes the demo as import lines to standard output."""

from __future__ import annotations

import sys

from demo.lines import Demo

if __name__ == "__main__":
    sys.stdout.buffer.writelines(line + b"\n" for line in Demo().encode())
