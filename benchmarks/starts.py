"""Start times: from the start of the process to the first answer, on a new folder and on one that is there."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from benchmarks.figures import print_table
from benchmarks.servers import whence

TIMES = 5


def measure() -> tuple[list[float], list[float]]:
    """Return the seconds of first starts and of later ones."""
    first, later = [], []
    for _ in range(TIMES):
        with tempfile.TemporaryDirectory(prefix="whence-bench-") as made:
            folder = Path(made) / "data"
            with whence(folder) as service:
                first.append(service.started_in)
            with whence(folder) as service:
                later.append(service.started_in)
    return first, later


def main() -> None:
    rows = [
        (name, f"{min(seconds):.2f} s", f"{statistics.median(seconds):.2f} s", f"{max(seconds):.2f} s")
        for name, seconds in zip(("first start", "later start"), measure(), strict=True)
    ]
    print_table(f"Start to first answer, {TIMES} times", ("", "least", "median", "most"), rows)


if __name__ == "__main__":
    main()
