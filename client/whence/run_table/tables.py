"""Runs as a table that fits the terminal, as plain columns for programs, or as JSON lines."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import msgspec

from whence.run_table.columns import TIMES, Column

if TYPE_CHECKING:
    from rich.console import Console

_HIDDEN = re.compile(r"[^\x20-\x7e\xa0-\uffff\U00010000-\U0010ffff]|[\u200e\u200f\u2028-\u202e\u2066-\u2069]")
Node = dict[str, Any]


def print_json(nodes: Iterable[Node], columns: Sequence[Column]) -> None:
    """Print one object a line, its names those of the columns."""
    for node in nodes:
        print(msgspec.json.encode({column.title: column.read(node) for column in columns}).decode())


def print_plain(nodes: Iterable[Node], columns: Sequence[Column]) -> None:
    """Print a line of titles and a line a run, with tabs between; nothing is cut."""
    rest = iter(nodes)
    head = list(islice(rest, 1))  # a question that is refused prints nothing
    print("\t".join(show(column.title) for column in columns))
    for node in chain(head, rest):
        print("\t".join(show(column.read(node)) for column in columns))


def print_table(nodes: Iterable[Node], columns: Sequence[Column], *, console: Console | None = None) -> int:
    """Print a table no wider than the terminal, long values cut with an ellipsis; return how many runs it has."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = list(nodes)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        values = [column.read(node) for node in rows]
        is_number = any(map(_is_number, values)) and all(value is None or _is_number(value) for value in values)
        table.add_column(Text(show(column.title), no_wrap=True), justify="right" if is_number else "left", min_width=3)
    for node in rows:
        # The column may be made narrower, the widest first; its cells are cut then, not broken into lines.
        cells = (_shorten(column, column.read(node)) for column in columns)
        table.add_row(*(Text(cell, no_wrap=True, overflow="ellipsis") for cell in cells))
    (console or Console(file=sys.stdout)).print(table)
    return len(rows)


def show(value: Any) -> str:
    """Return a value on one line; characters that would move the cursor or turn the text around are escaped."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _shorten(column: Column, value: Any) -> str:
    """Return a value as a person reads it: times to the second, numbers to six digits."""
    if column.kind == "field" and column.key in TIMES and isinstance(value, str):
        return value[:19].replace("T", " ")
    return f"{value:.6g}" if isinstance(value, float) else show(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
