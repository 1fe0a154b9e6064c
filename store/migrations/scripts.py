"""Migrations' SQL files: a statement ends with a semicolon at the end of a line, followed by an empty line."""

from __future__ import annotations

from pathlib import Path

SQL = Path(__file__).parent / "sql"


def read_statements(name: str) -> list[str]:
    """Return the statements of a file of `store/migrations/sql`."""
    parts = (SQL / name).read_text(encoding="utf-8").split(";\n\n")
    return [part.strip().rstrip(";") for part in parts if part.strip()]
