"""The statement that moves summaries: one row a series, folded before, written in the order of run and key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg
import numpy as np

from domain.ids import RunID, WorkspaceID
from domain.points import Ints
from store.metrics.folding import Folds
from store.metrics.segments import INSERT_SEGMENTS

COLUMNS = (
    "count",
    "nans",
    "infinities",
    *(f"{end}_{what}" for end in ("first", "last") for what in ("step", "time", "value", "rank")),
    *(f"{end}_{what}" for end in ("min", "max") for what in ("step", "time", "value")),
)
_TYPES = {"value": "float8", "rank": "int"}


def _type(column: str) -> str:
    return _TYPES.get(column.rpartition("_")[2], "bigint")


def _moved(end: str, *, ranked: bool, when: str) -> list[str]:
    whats = ("step", "time", "value", "rank") if ranked else ("step", "time", "value")
    return [f"{end}_{what} = CASE WHEN {when} THEN excluded.{end}_{what} ELSE s.{end}_{what} END" for what in whats]


def _place(row: str, end: str) -> str:
    return f"({row}.{end}_step, {row}.{end}_rank, {row}.{end}_time)"


def _extreme(end: str, sign: str) -> str:
    """Return when the new extreme replaces the old: among equal values that of the lowest step, then time, stays."""
    return (
        f"s.{end}_value IS NULL OR excluded.{end}_value {sign} s.{end}_value OR excluded.{end}_value = s.{end}_value"
        f" AND (excluded.{end}_step, excluded.{end}_time) < (s.{end}_step, s.{end}_time)"
    )


def _make_upsert(table: str, *keys: str, beside: str = "", places: int = 0) -> str:
    """Return the statement; another one can go `beside` it, which has the first `places` of its values."""
    names = ("workspace", "run", *keys)
    columns = ", ".join((*names, *COLUMNS))
    types = ["uuid", "uuid", *("int" for _ in keys), *map(_type, COLUMNS)]
    arrays = ", ".join(f"${n}::{type_}[]" for n, type_ in enumerate(types, places + 1))
    moves = [
        *(f"{column} = s.{column} + excluded.{column}" for column in ("count", "nans", "infinities")),
        *_moved("first", ranked=True, when=f"{_place('excluded', 'first')} < {_place('s', 'first')}"),
        *_moved("last", ranked=True, when=f"{_place('excluded', 'last')} >= {_place('s', 'last')}"),
        *_moved("min", ranked=False, when=_extreme("min", "<")),
        *_moved("max", ranked=False, when=_extreme("max", ">")),
    ]
    return f"""
        WITH {beside} moved AS (
            INSERT INTO {table} AS s ({columns})
            SELECT {columns} FROM unnest({arrays}) AS row ({columns})
            ON CONFLICT ({", ".join(names)}) DO UPDATE SET {", ".join(moves)}
            RETURNING workspace, run, xmax = 0 AS made
        )
        SELECT workspace, run, count(*) AS made FROM moved WHERE made GROUP BY workspace, run
    """


UPSERT_SUMMARIES = _make_upsert("metric_summaries", "key")
WRITE_POINTS = _make_upsert("metric_summaries", "key", beside=f"segments AS ({INSERT_SEGMENTS}), ", places=9)
"""Segments and the summaries of their points, in one round trip."""

UPSERT_MEASUREMENTS = _make_upsert("metric_measurements", "key", "context")


async def upsert_folds(
    driver: asyncpg.Connection,
    statement: str,
    owners: list[tuple[WorkspaceID, RunID]],
    keys: list[Ints],
    folds: Folds,
    *,
    before: Sequence[list[Any]] = (),
) -> dict[tuple[WorkspaceID, RunID], int]:
    """Write one row a fold and return how many of them are new, by run.

    `keys` are the columns after the run; `before` are the values of what goes beside the statement.
    """
    rows = await driver.fetch(
        statement,
        *before,
        [owner[0] for owner in owners],
        [owner[1] for owner in owners],
        *(key.tolist() for key in keys),
        *fold_columns(folds),
    )
    return {(row["workspace"], row["run"]): row["made"] for row in rows}


def fold_columns(folds: Folds) -> list[list[Any]]:
    """Return the columns of `COLUMNS` as lists; an absent minimum or maximum is three nulls."""
    columns: list[list[Any]] = [folds.count.tolist(), folds.nans.tolist(), folds.infinities.tolist()]
    for places in (folds.first, folds.last):
        columns += [places.step.tolist(), places.time.tolist(), places.value.tolist(), places.rank.tolist()]
    absent = np.isnan(folds.minimum.value)
    for places in (folds.minimum, folds.maximum):
        found: list[list[Any]] = [places.step.tolist(), places.time.tolist(), places.value.tolist()]
        for row in np.flatnonzero(absent).tolist():
            for column in found:
                column[row] = None
        columns += found
    return columns
