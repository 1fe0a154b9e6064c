"""Start times: from the start of the process to its first answer, with its CPU, on a new folder and on an old one."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from benchmarks.figures import print_table
from benchmarks.servers import whence

TIMES = 5


Start = tuple[float, float]
"""Seconds to the first answer, and of CPU that the service's own process took for it."""


def measure() -> tuple[list[Start], list[Start]]:
    """Return first starts and later ones."""
    first, later = [], []
    for _ in range(TIMES):
        with tempfile.TemporaryDirectory(prefix="whence-bench-") as made:
            folder = Path(made) / "data"
            with whence(folder) as service:
                first.append((service.started_in, service.cpu_seconds()[0]))
            with whence(folder) as service:
                later.append((service.started_in, service.cpu_seconds()[0]))
    return first, later


def show(name: str, starts: list[Start]) -> tuple[str, ...]:
    seconds, cpu = zip(*starts, strict=True)
    figures = (min(seconds), statistics.median(seconds), max(seconds), statistics.median(cpu))
    return name, *(f"{figure:.2f} s" for figure in figures)


def main() -> None:
    rows = [show(name, starts) for name, starts in zip(("first start", "later start"), measure(), strict=True)]
    print_table(f"Start to first answer, {TIMES} times", ("", "least", "median", "most", "CPU, median"), rows)


if __name__ == "__main__":
    main()
