"""What commands print: plain tables that fit the terminal, JSON for programs, sizes for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from whence.run_table.tables import show

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def print_rows(titles: Sequence[str], rows: Sequence[Sequence[Any]], *, right: Sequence[str] = ()) -> None:
    """Print rows below titles: a table no wider than the terminal, or into a file or pipe tabs between, nothing cut.

    `right` names the columns whose values are set to the right.
    """
    if not sys.stdout.isatty():
        for row in (titles, *rows):
            print("\t".join(map(show, row)))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in titles:
        table.add_column(Text(title, no_wrap=True), justify="right" if title in right else "left", min_width=3)
    for row in rows:
        table.add_row(*(Text(show(value), no_wrap=True, overflow="ellipsis") for value in row))
    Console().print(table)


def print_facts(facts: dict[str, Any]) -> None:
    """Print names with their values below one another; what has none is left out."""
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        if value not in (None, ""):
            print(f"{name:<{width}}  {show(value)}")


def write_size(size: int | None) -> str:
    """Return a number of bytes as a person says it."""
    if size is None:
        return ""
    value, unit = float(size), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{size} B" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def write_number(value: Any) -> str:
    """Return a number to six digits; anything else as it is."""
    return f"{value:.6g}" if isinstance(value, float) else show(value)
