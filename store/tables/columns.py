"""The metadata of the record and the columns that its tables share."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeEngine

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

Column = sa.Column[Any]
Text = sa.Text(collation="C")
"""Text is compared by code point everywhere, so that Postgres agrees with Python and Elasticsearch."""

Moment = sa.DateTime(timezone=True)

Instant = TIMESTAMP(timezone=True, precision=3)
"""A time that runs are filtered and ordered by: whole milliseconds, as every adapter compares them."""


def workspace() -> Column:
    """Return the first column of every primary key: the team that a row belongs to."""
    return sa.Column("workspace", sa.Uuid, primary_key=True)


def key(name: str, type_: TypeEngine[Any] | type[TypeEngine[Any]] = sa.Uuid) -> Column:
    """Return a further column of the primary key."""
    return sa.Column(name, type_, primary_key=True, autoincrement=False)


def given(name: str, type_: TypeEngine[Any] | type[TypeEngine[Any]], **options: Any) -> Column:
    """Return a column that is never null."""
    return sa.Column(name, type_, nullable=False, **options)


def maybe(name: str, type_: TypeEngine[Any] | type[TypeEngine[Any]], **options: Any) -> Column:
    """Return a column that may be null."""
    return sa.Column(name, type_, nullable=True, **options)


def counted(name: str) -> Column:
    """Return a counter that starts at zero."""
    return given(name, sa.BigInteger, server_default="0")


def recorded(name: str = "created_at") -> Column:
    """Return the time we recorded something at: the transaction's, never a client's."""
    return given(name, Moment, server_default=sa.func.now())


def revisions() -> tuple[Column, Column, Column]:
    """Return the three counts of change of a noun.

    `revision` rises with every change that a reader can see, `graph_revision` with what the graph shows,
    `version` with what a person sets.
    """
    return (
        given("revision", sa.BigInteger, server_default="1"),
        given("graph_revision", sa.BigInteger, server_default="1"),
        given("version", sa.BigInteger, server_default="1"),
    )


def run_reference() -> sa.ForeignKeyConstraint:
    """Return the tie of (workspace, run) to its run."""
    return sa.ForeignKeyConstraint(["workspace", "run"], ["runs.workspace", "runs.id"])
