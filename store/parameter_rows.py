"""Parameters as answers read them: the driver's own rows, whose values are worked out when somebody looks."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import RunID, WorkspaceID
from domain.parameters import Parameter, ParameterType
from store.driver import fetch_driver

COLUMNS = """
SELECT p.run, k.name, p.type, p.raw, p.number, p.rest, p.boolean
FROM parameters AS p JOIN keys AS k ON k.workspace = p.workspace AND k.id = p.key
WHERE p.workspace = $1 AND p.run = ANY($2::uuid[])
"""
ALL = COLUMNS
NAMED = f"{COLUMNS} AND k.name = ANY($3::text[])"

TYPES: tuple[ParameterType, ...] = tuple(ParameterType)  # their numbers, from 0 on, are what the table holds


class ParameterRow(asyncpg.Record):  # type: ignore[misc]  # the driver is not typed
    """A parameter of a run; a page of the run table has thousands, and makes no object for any of them."""

    if TYPE_CHECKING:
        run: RunID
        key: str
        raw: str
        text: str
    else:
        run, key = property(itemgetter(0)), property(itemgetter(1))
        raw = text = property(itemgetter(3))

    @property
    def type(self) -> ParameterType:
        place: int = self[2]
        return TYPES[place]

    @property
    def value(self) -> Any:
        """The value as JSON has it; infinities are floats."""
        return READ[self[2]](self)

    def parameter(self) -> Parameter:
        """Return it as a value of the domain."""
        return Parameter(key=self.key, type=self.type, raw=self.raw, number=self[4], rest=self[5], boolean=self[6])


READ: tuple[Callable[[Any], Any], ...] = (
    itemgetter(6),  # BOOL
    lambda row: int(row[4]) + row[5],  # INT
    itemgetter(4),  # FLOAT
    itemgetter(3),  # STRING
    lambda row: json.loads(row[3]),  # JSON
)
"""How the value of each type is read, in the order of the types; the same as `Parameter.value`."""


async def fetch_parameter_rows(
    conn: AsyncConnection, workspace: WorkspaceID, runs: Collection[RunID], names: Collection[str] | None = None
) -> dict[RunID, list[ParameterRow]]:
    """Return the parameters of each run by key, all of them or those of some names, in one query."""
    driver = await fetch_driver(conn)
    if names is None:
        rows = await driver.fetch(ALL, workspace, runs, record_class=ParameterRow)
    else:
        rows = await driver.fetch(NAMED, workspace, runs, names, record_class=ParameterRow)
    found: dict[RunID, list[ParameterRow]] = {run: [] for run in runs}
    for row in rows:
        found[row[0]].append(row)
    for those in found.values():
        those.sort(key=BY_KEY)
    return found


BY_KEY = itemgetter(1)
