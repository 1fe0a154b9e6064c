"""Parameters of runs: written as asked, with every former value kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Conflict, TooLarge
from domain.ids import AttemptID, RunID, WorkspaceID
from domain.parameters import (
    PARAMETER_LIMIT,
    FormerParameter,
    Parameter,
    ParameterMode,
    ParameterType,
    check_parameters,
    make_parameter,
)
from domain.positions import Position
from domain.texts import shown
from store import tables
from store.counters import Counters, lock_run, save_counters
from store.outbox import Changed
from store.parameter_rows import fetch_parameter_rows
from store.standing import Standing, read_standing
from store.texts import make_value_tsvector
from store.transactions import Transaction

parameters, history = tables.parameters, tables.parameter_history

HISTORY_LIMIT = 1_000
"""Former values of a parameter that one answer gives, the newest; all are kept."""

UPSERT = sa.text(
    """
    INSERT INTO parameters (workspace, run, attempt, key, type, number, rest, boolean, raw, tokens)
    SELECT :workspace, :run, CAST(:attempt AS uuid), row.key, row.type, row.number, row.rest, row.boolean, row.raw,
           CAST(row.tokens AS tsvector)
    FROM unnest(CAST(:parameter_keys AS integer[]), CAST(:types AS smallint[]), CAST(:numbers AS float8[]),
                CAST(:rests AS smallint[]), CAST(:booleans AS boolean[]), CAST(:raws AS text[]),
                CAST(:tokens AS text[])) AS row (key, type, number, rest, boolean, raw, tokens)
    ON CONFLICT (workspace, run, key) DO UPDATE SET
        attempt = excluded.attempt, type = excluded.type, number = excluded.number, rest = excluded.rest,
        boolean = excluded.boolean, raw = excluded.raw, tokens = excluded.tokens
    """
)
KEEP_FORMER = sa.text(
    """
    INSERT INTO parameter_history (workspace, run, key, replaced, type, raw, attempt)
    SELECT workspace, run, key, :position, type, raw, attempt FROM parameters
    WHERE workspace = :workspace AND run = :run AND key = ANY(CAST(:keys AS integer[]))
    ON CONFLICT DO NOTHING
    """
)


def make_columns(given: Sequence[Parameter], keys: Mapping[str, int]) -> dict[str, Any]:
    """Return parameters as the arrays that statements unnest, in the order of their keys' ids."""
    ordered = sorted(given, key=lambda parameter: keys[parameter.key])
    return {
        "parameter_keys": [keys[parameter.key] for parameter in ordered],
        "types": [parameter.type.value for parameter in ordered],
        "numbers": [parameter.number for parameter in ordered],
        "rests": [parameter.rest for parameter in ordered],
        "booleans": [parameter.boolean for parameter in ordered],
        "raws": [parameter.raw for parameter in ordered],
        "tokens": [
            make_value_tsvector(parameter.raw) if parameter.type is ParameterType.STRING else None
            for parameter in ordered
        ],
    }


async def log_parameters(
    tx: Transaction,
    workspace: WorkspaceID,
    run: RunID,
    given: Sequence[Parameter],
    *,
    mode: ParameterMode,
    keys: Mapping[str, int],
    attempt: AttemptID | None = None,
) -> None:
    """Write parameters of a run. Raises `Conflict` in mode SAME_OR_FAIL for another value, `TooLarge` past 4,000."""
    check_parameters(given, "params")
    counters = await lock_run(tx, workspace, run)
    standing = await read_standing(tx, workspace, run, attempt)
    if await put_parameters(tx, counters, given, mode=mode, keys=keys, standing=standing):
        counters.raise_revision(tx, Changed.DOCUMENT)
        await save_counters(tx, counters)


async def put_parameters(
    tx: Transaction,
    counters: Counters,
    given: Sequence[Parameter],
    *,
    mode: ParameterMode,
    keys: Mapping[str, int],
    standing: Standing,
) -> bool:
    """Write parameters of a run whose counters are locked; say whether any changed."""
    known = await _fetch_known(tx, counters, [keys[parameter.key] for parameter in given])
    new = [parameter for parameter in given if keys[parameter.key] not in known]
    replaced = [
        parameter
        for parameter in given
        if keys[parameter.key] in known and _replaces(parameter, *known[keys[parameter.key]], mode, standing)
    ]
    if counters.parameters + len(new) > PARAMETER_LIMIT:
        raise TooLarge(
            f"run {counters.run} has {counters.parameters} parameters; {len(new)} more would exceed {PARAMETER_LIMIT}",
            path=["params"],
        )
    where = {"workspace": counters.workspace, "run": counters.run}
    if replaced:
        former = {"position": tx.position, "keys": [keys[parameter.key] for parameter in replaced]}
        await tx.conn.execute(KEEP_FORMER, {**where, **former})
    if new or replaced:
        columns = make_columns([*new, *replaced], keys)
        await tx.conn.execute(UPSERT, {**where, "attempt": standing.attempt, **columns})
    counters.parameters += len(new)
    return bool(new or replaced)


def _replaces(
    given: Parameter, known: Parameter, known_attempt: AttemptID | None, mode: ParameterMode, standing: Standing
) -> bool:
    if mode is ParameterMode.IF_ABSENT or given.is_same(known) or standing.yields_to(known_attempt):
        return False
    if mode is ParameterMode.SAME_OR_FAIL:
        raise Conflict(
            f"the parameter {shown(given.key)} is {shown(known.raw)} already, not {shown(given.raw)}",
            path=["params", given.key[:80]],
        )
    return True


async def _fetch_known(
    tx: Transaction, counters: Counters, keys: list[int]
) -> dict[int, tuple[Parameter, AttemptID | None]]:
    if not counters.parameters:
        return {}
    rows = await tx.conn.execute(
        sa.select(parameters).where(
            parameters.c.workspace == counters.workspace,
            parameters.c.run == counters.run,
            parameters.c.key == sa.func.any(sa.cast(keys, sa.ARRAY(sa.Integer))),
        )
    )
    return {row.key: (_parameter("", row), row.attempt) for row in rows}


async def fetch_parameters(
    conn: AsyncConnection, workspace: WorkspaceID, runs: Collection[RunID], names: Collection[str] | None = None
) -> dict[RunID, list[Parameter]]:
    """Return the parameters of each run by key, all of them or those of some names, in one query."""
    found = await fetch_parameter_rows(conn, workspace, runs, names)
    return {run: [row.parameter() for row in rows] for run, rows in found.items()}


async def fetch_parameter_history(
    conn: AsyncConnection, workspace: WorkspaceID, run: RunID, name: str, *, limit: int = HISTORY_LIMIT
) -> list[FormerParameter]:
    """Return the values that a parameter had before, the newest first."""
    keys = tables.keys.c
    rows = await conn.execute(
        sa.select(history)
        .join_from(history, tables.keys, sa.and_(keys.workspace == history.c.workspace, keys.id == history.c.key))
        .where(history.c.workspace == workspace, history.c.run == run, keys.name == name)
        .order_by(history.c.replaced.desc())
        .limit(limit)
    )
    return [
        FormerParameter(
            parameter=make_parameter(name, ParameterType(row.type), row.raw),
            replaced_at=row.replaced_at,
            replaced=Position(row.replaced),
            attempt=row.attempt,
        )
        for row in rows
    ]


def _parameter(name: str, row: Any) -> Parameter:
    return Parameter(
        key=name, type=ParameterType(row.type), raw=row.raw, number=row.number, rest=row.rest, boolean=row.boolean
    )
