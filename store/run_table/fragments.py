"""SQL put together from pieces of text: names of ours as they are, values always bound.

The run table's statements differ with every filter and order. Made of SQLAlchemy's expressions one page cost
14-29 ms of Python, most of it building and hashing them; as text it is below one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import WorkspaceID

TRUE = "true"
FALSE = "false"


class Values:
    """The values of one statement; `bind` gives the place of each. The first is the workspace."""

    def __init__(self, workspace: WorkspaceID) -> None:
        self.bound: list[Any] = [workspace]
        self.workspace = "$1::uuid"

    def bind(self, value: Any, kind: str) -> str:
        """Return the place of a value of a Postgres type."""
        self.bound.append(value)
        return f"${len(self.bound)}::{kind}"


Statement: TypeAlias = tuple[str, Values]


def all_of(conditions: Iterable[str]) -> str:
    """Join conditions by `AND`; of none, always."""
    return _chain(" AND ", conditions, neutral=TRUE)


def one_of(conditions: Iterable[str]) -> str:
    """Join conditions by `OR`; of none, never."""
    return _chain(" OR ", conditions, neutral=FALSE)


def negate(condition: str) -> str:
    """Return the complement of a condition that is never null."""
    return {TRUE: FALSE, FALSE: TRUE}.get(condition) or f"NOT ({condition})"


def any_of(column: str, found: Sequence[Any], kind: str, values: Values) -> str:
    """Return the condition that a column has one of some values, bound as one array."""
    if len(found) == 1:
        return f"{column} = {values.bind(found[0], kind)}"
    return f"{column} = ANY({values.bind(list(found), kind + '[]')})" if found else FALSE


def none_of(column: str, found: Sequence[Any], kind: str, values: Values) -> str:
    """Return the condition that a column has none of some values."""
    return f"{column} <> ALL({values.bind(list(found), kind + '[]')})" if found else TRUE


async def fetch_rows(conn: AsyncConnection, statement: str, values: Values) -> list[sa.Row[Any]]:
    """Run one statement."""
    return list(await conn.exec_driver_sql(statement, tuple(values.bound)))


def _chain(operator: str, conditions: Iterable[str], *, neutral: str) -> str:
    # What decides the whole chain is no reason to drop the rest: every bound value must have its place in the text.
    kept = [condition for condition in conditions if condition != neutral]
    if len(kept) < 2:
        return kept[0] if kept else neutral
    return "(" + operator.join(f"({condition})" for condition in kept) + ")"
