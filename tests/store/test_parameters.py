"""Parameters of runs are written as asked, and every former value is kept."""

from __future__ import annotations

from typing import Any

import pytest

from domain.attempts import Attempt
from domain.errors import Conflict, NotFound, TooLarge
from domain.ids import AttemptID, RunID, WorkspaceID, make_uuid7
from domain.parameters import ParameterMode, parse_parameter
from store.database import Database
from store.keys import Keys
from store.metrics.attempts import insert_attempt
from store.parameters import fetch_parameter_history, fetch_parameters, log_parameters
from tests.store.making import DEFAULT, make_run, make_workspace, read_run

SAME, REPLACE, IF_ABSENT = ParameterMode.SAME_OR_FAIL, ParameterMode.REPLACE, ParameterMode.IF_ABSENT


async def log(
    database: Database,
    run: RunID,
    mode: ParameterMode,
    *,
    workspace: WorkspaceID = DEFAULT,
    attempt: AttemptID | None = None,
    **values: Any,
) -> None:
    keys = await Keys(database).intern(workspace, values.keys())
    given = [parse_parameter(key, value) for key, value in values.items()]
    async with database.write() as tx:
        await log_parameters(tx, workspace, run, given, mode=mode, keys=keys, attempt=attempt)


async def read(database: Database, run: RunID) -> dict[str, Any]:
    async with database.read() as conn:
        return {one.key: one.value for one in (await fetch_parameters(conn, DEFAULT, [run]))[run]}


async def test_the_same_value_again_changes_nothing(database: Database) -> None:
    run = await make_run(database, params={"lr": 0.1})
    await log(database, run, SAME, lr=0.1)

    assert (await read_run(database, run)).revision == 1


async def test_another_value_is_refused_where_the_same_was_asked_for(database: Database) -> None:
    run = await make_run(database, params={"lr": 0.1})

    with pytest.raises(Conflict, match=r"'lr' is '0.1' already, not '0.2'") as caught:
        await log(database, run, SAME, new=1, lr=0.2)
    assert caught.value.path == ("params", "lr")
    assert await read(database, run) == {"lr": 0.1}


async def test_what_is_there_is_kept_where_only_the_absent_was_asked_for(database: Database) -> None:
    run = await make_run(database, params={"lr": 0.1})
    await log(database, run, IF_ABSENT, lr=0.2, seed=1)

    assert await read(database, run) == {"lr": 0.1, "seed": 1}
    assert (await read_run(database, run)).revision == 2


async def test_every_former_value_is_kept(database: Database) -> None:
    run = await make_run(database, params={"lr": 0.1})
    await log(database, run, REPLACE, lr="high")
    await log(database, run, REPLACE, lr=[3])

    assert await read(database, run) == {"lr": [3]}
    async with database.read() as conn:
        former = await fetch_parameter_history(conn, DEFAULT, run, "lr")
        newest = await fetch_parameter_history(conn, DEFAULT, run, "lr", limit=1)
    assert newest == former[:1]
    assert [one.parameter.value for one in former] == ["high", 0.1]
    assert former[0].replaced > former[1].replaced


async def test_four_thousand_parameters_are_the_limit(database: Database) -> None:
    run = await make_run(database, params={f"p{n:04}": n for n in range(4000)})
    await log(database, run, REPLACE, p0000=-1)

    with pytest.raises(TooLarge, match="1 more would exceed 4000") as caught:
        await log(database, run, REPLACE, one_more=1)
    assert caught.value.path == ("params",)
    assert len(await read(database, run)) == 4000


async def test_an_earlier_attempt_overwrites_nothing_of_a_later_one(database: Database) -> None:
    first, second = AttemptID(make_uuid7()), AttemptID(make_uuid7())
    run = await make_run(database, attempt=first)
    await log(database, run, REPLACE, attempt=first, lr=1, seed=7)
    async with database.write() as tx:
        await insert_attempt(tx, DEFAULT, run, Attempt(number=2, id=second, after=first))
    await log(database, run, REPLACE, attempt=second, lr=2)
    await log(database, run, REPLACE, attempt=first, lr=3, seed=8, late=1)

    assert await read(database, run) == {"lr": 2, "seed": 8, "late": 1}


async def test_values_are_fetched_for_many_runs_by_name(database: Database) -> None:
    runs = [await make_run(database, params={"a": n, "b": n}) for n in range(3)]

    async with database.read() as conn:
        found = await fetch_parameters(conn, DEFAULT, runs, ["b", "unknown"])
    assert {run: [(one.key, one.value) for one in those] for run, those in found.items()} == {
        run: [("b", n)] for n, run in enumerate(runs)
    }


async def test_a_run_of_another_workspace_takes_no_parameters(database: Database) -> None:
    run = await make_run(database)

    with pytest.raises(NotFound, match=str(run)):
        await log(database, run, REPLACE, workspace=await make_workspace(database), lr=1)
