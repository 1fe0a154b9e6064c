"""Long statements: read from `store/sql` by name."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

SQL = Path(__file__).parent / "sql"


def load_statement(name: str) -> sa.TextClause:
    """Return the statement in `store/sql/<name>.sql`."""
    return sa.text(read_statement(name))


def read_statement(name: str) -> str:
    """Return its text, for the driver."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")
