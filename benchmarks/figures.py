"""Figures as they are printed: one table a benchmark, with the machine and the commit that gave it."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path


def describe_machine() -> str:
    """Return processor count, memory, kernel, Python, commit and how busy the machine is, in one line."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
        check=False,
    ).stdout.strip()
    return (
        f"{os.cpu_count()} cores, {pages:.0f} GiB, {platform.system()} {platform.release()} {platform.machine()}, "
        f"Python {platform.python_version()}, commit {commit or 'unknown'}, load {os.getloadavg()[0]:.1f}"
    )


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table that can be copied into docs/benchmarks.md as it stands."""
    print(f"\n### {title}\n")
    print("| " + " | ".join(head) + " |")
    print("| " + " | ".join("---" for _ in head) + " |")
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


def count(value: float) -> str:
    """Return a number with thousands set apart: three significant digits are enough."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def millis(seconds: float) -> str:
    """Return seconds as milliseconds."""
    return f"{seconds * 1000:.3g} ms"


async def time_each(work: Callable[[], Awaitable[object]], rounds: int) -> list[float]:
    """Return the seconds that each of the rounds took."""
    each = []
    for _ in range(rounds):
        began = time.perf_counter()
        await work()
        each.append(time.perf_counter() - began)
    return each


def find_p95(times: Sequence[float]) -> float:
    """Return what all but a twentieth stay within."""
    return sorted(times)[round(0.95 * (len(times) - 1))]


def show_times(times: Sequence[float]) -> str:
    """Return median and 95th percentile of seconds."""
    return f"{millis(statistics.median(times))} / {millis(find_p95(times))}"
