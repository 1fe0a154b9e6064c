"""Columns and orders as they are written: `name`, `last(val_loss)`, `param.lr`, `tag.state`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from whence.failures import WhenceError

STATISTICS = ("first", "last", "min", "max", "best", "count")
FIELDS = {
    "id": "uuid",
    "number": "number",
    "name": "name",
    "description": "description",
    "experiment": "experiment { name }",
    "kind": "kind",
    "status": "status",
    "createdBy": "createdBy",
    "host": "host",
    "parent": "parent { uuid }",
    "attempt": "attempt",
    "created": "createdAt",
    "started": "startedAt",
    "ended": "endedAt",
}
"""Fields of a run by the names of their columns, as GraphQL selects them."""

ORDERED = {
    "created": "CREATED_AT",
    "started": "STARTED_AT",
    "ended": "ENDED_AT",
    "status": "STATUS",
    "kind": "KIND",
    "name": "NAME",
    "createdBy": "CREATED_BY",
    "host": "HOST",
    "number": "NUMBER",
    "experiment": "EXPERIMENT",
}
DEFAULT = ("experiment", "number", "name", "status", "started")
TIMES = frozenset({"created", "started", "ended"})

_BY_FOLDED = {name.lower(): name for name in FIELDS} | {f"{name}at": name for name in TIMES} | {"run": "id"}
_CALL = re.compile(rf"({'|'.join(STATISTICS)})\((.+)\)", re.IGNORECASE | re.DOTALL)
_KEYED = re.compile(r"(param|tag|metric)\.(.+)", re.IGNORECASE | re.DOTALL)
_STRING = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
_WORD = r"""[^\s()",'=<>!]+"""
_ASKED = re.compile(
    rf"""\b(?:{"|".join(STATISTICS)})\(\s*(?:{_STRING}|{_WORD})\s*\)|\b(?:param|tag|metric)\.(?:{_STRING}|{_WORD})|{_STRING}""",
    re.IGNORECASE | re.DOTALL,
)
"""What a query asks of a key, and strings, so that what stands in one is not taken for it."""

_DIRECTION = re.compile(r"(.+?)(?:\s+(asc|desc))?\s*", re.IGNORECASE | re.DOTALL)
_COLUMN = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^,"'])+""", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Column(msgspec.Struct, frozen=True):
    """What stands in one column: a field of a run, or a value under a key."""

    title: str
    kind: str
    """`field`, `param`, `tag`, or the statistic of a metric."""
    key: str

    def read(self, node: dict[str, Any]) -> Any:
        """Return the value of a run, None where it has none."""
        if self.kind == "field":
            value = node[FIELDS[self.key].split()[0]]
            return next(iter(value.values())) if isinstance(value, dict) else value
        rows = node["metrics" if self.kind in STATISTICS else f"{self.kind}s"]
        row: dict[str, Any] = next((row for row in rows if row["key"] == self.key), {})
        value = row.get(self.kind if self.kind in STATISTICS else "value")
        return value["value"] if isinstance(value, dict) and self.kind in STATISTICS else value


def parse_column(text: str) -> Column:
    """Read one column. Raises `WhenceError`."""
    text = text.strip()
    if found := _CALL.fullmatch(text):
        return Column(text, found[1].lower(), _unquote(found[2].strip()))
    if found := _KEYED.fullmatch(text):
        kind = found[1].lower()
        return Column(text, "last" if kind == "metric" else kind, _unquote(found[2]))
    name = _BY_FOLDED.get(text.lower().replace("_", ""))
    if name is None:
        told = f"{text!r} is no column: it may be one of {', '.join(FIELDS)}"
        raise WhenceError(f"{told}, or such as last(val_loss), param.lr, tag.state")
    return Column(name, "field", name)


def parse_columns(text: str) -> list[Column]:
    """Read columns with commas between. Raises `WhenceError`."""
    return [parse_column(part) for part in _COLUMN.findall(text) if part.strip()]


def parse_order(text: str) -> tuple[Column, dict[str, Any]]:
    """Read one key of an order, which may end in `asc` or `desc`; return it as a column too. Raises `WhenceError`."""
    found = _DIRECTION.fullmatch(text)
    column = parse_column(found[1] if found else text)
    direction = (found[2] if found and found[2] else "asc").upper()
    if column.kind == "field":
        if column.key not in ORDERED:
            raise WhenceError(f"runs cannot be ordered by {column.key}: only by {', '.join(ORDERED)}, or by a value")
        return column, {"field": ORDERED[column.key], "direction": direction}
    if column.kind in STATISTICS:
        return column, {"metric": {"key": column.key, "of": column.kind.upper()}, "direction": direction}
    return column, {column.kind: column.key, "direction": direction}


def find_columns(query: str) -> list[Column]:
    """Return the columns of the keys that a query asks about, in its order: `last(loss)`, `param.lr`, `tag.state`."""
    found = dict.fromkeys(match[0] for match in _ASKED.finditer(query) if match[0][0] not in "\"'")
    return [parse_column(text) for text in found]


def write_selection(columns: Iterable[Column]) -> str:
    """Return what GraphQL must select of a run; keys stand in it as JSON strings, which GraphQL's are too."""
    fields: dict[str, None] = {}
    keys: dict[str, dict[str, None]] = {}
    statistics: dict[str, None] = {}
    for column in columns:
        if column.kind == "field":
            fields[FIELDS[column.key]] = None
        elif column.kind in STATISTICS:
            keys.setdefault("metrics", {})[column.key] = None
            statistics["count" if column.kind == "count" else f"{column.kind} {{ value }}"] = None
        else:
            keys.setdefault(f"{column.kind}s", {})[column.key] = None
    for name, wanted in keys.items():
        below = " ".join(statistics) if name == "metrics" else "value"
        fields[f"{name}(keys: {msgspec.json.encode(list(wanted)).decode()}) {{ key {below} }}"] = None
    return " ".join(fields)


def _unquote(key: str) -> str:
    if len(key) >= 2 and key[0] == key[-1] and key[0] in "\"'":
        return _ESCAPE.sub(r"\1", key[1:-1])
    return key
