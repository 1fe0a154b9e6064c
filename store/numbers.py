"""Numbers of runs in their experiments, taken so that creators do not wait for each other's commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import sqlalchemy as sa

from domain.errors import Conflict, NotFound
from domain.ids import ExperimentID, WorkspaceID
from store import tables
from store.database import Database
from store.driver import fetch_driver
from store.experiments import insert_experiment
from store.transactions import Transaction

# The number is taken before the run's transaction, in one of its own that does not wait for the disk: whoever commits
# a run with it writes the log through this point, so no number that a run bears can be lost. A transaction that fails
# leaves a gap. Creators that wait at the same time share one statement.
TAKE = """
WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
UPDATE experiments SET next_number = next_number + $3 FROM quick
WHERE workspace = $1 AND {column} = $2 AND deleted_at IS NULL
RETURNING id, next_number - $3 AS number
"""
TAKE_BY_NAME = TAKE.format(column="name")
TAKE_BY_ID = TAKE.format(column="id")


Asked: TypeAlias = tuple[WorkspaceID, str | ExperimentID]


@dataclass(frozen=True, slots=True)
class Place:
    """A number in an experiment, for one run."""

    experiment: ExperimentID
    number: int


class Numbers:
    """Gives runs their numbers; one for the process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[Asked, list[asyncio.Future[Place | None]]] = {}
        self._taking: dict[Asked, asyncio.Task[None]] = {}

    async def take(self, workspace: WorkspaceID, experiment: str | ExperimentID) -> Place | None:
        """Take the next number of an experiment, before the transaction; None where it is absent or deleted."""
        asked = workspace, experiment
        answer: asyncio.Future[Place | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(asked, []).append(answer)
        if asked not in self._taking:
            self._taking[asked] = asyncio.create_task(self._take_waiting(asked))
        return await answer

    async def _take_waiting(self, asked: Asked) -> None:
        """Take numbers for all who wait, and for those who came meanwhile, until nobody does."""
        try:
            while answers := self._waiting.pop(asked, None):
                try:
                    first = await self._take_many(*asked, len(answers))
                except Exception as exc:
                    _give(answers, [exc] * len(answers))
                else:
                    _give(answers, [first and Place(first.experiment, first.number + n) for n in range(len(answers))])
        finally:
            del self._taking[asked]

    async def _take_many(self, workspace: WorkspaceID, experiment: str | ExperimentID, count: int) -> Place | None:
        statement = TAKE_BY_NAME if isinstance(experiment, str) else TAKE_BY_ID
        async with self._database.read_primary() as conn:
            row = await (await fetch_driver(conn)).fetchrow(statement, workspace, experiment, count)
        return None if row is None else Place(ExperimentID(row["id"]), row["number"])


def _give(answers: Sequence[asyncio.Future[Place | None]], given: Sequence[Place | Exception | None]) -> None:
    """Answer those who still wait."""
    for answer, value in zip(answers, given, strict=True):
        if answer.done():
            continue
        if isinstance(value, Exception):
            answer.set_exception(value)
        else:
            answer.set_result(value)


async def make_place(tx: Transaction, workspace: WorkspaceID, experiment: str | ExperimentID) -> Place:
    """Return a number in an experiment that is made in this transaction, or was by another just now.

    Raises `NotFound` for an unknown id, `Conflict` for a deleted experiment.
    """
    if isinstance(experiment, str):
        made = await insert_experiment(tx, workspace, experiment, next_number=2)
        if made is not None:
            return Place(made, 1)
    experiments = tables.experiments.c
    column = experiments.name if isinstance(experiment, str) else experiments.id
    rows = await tx.conn.execute(
        sa.update(tables.experiments)
        .where(experiments.workspace == workspace, column == experiment)
        .values(next_number=experiments.next_number + 1)
        .returning(experiments.id, experiments.next_number - 1, experiments.deleted_at)
    )
    row = rows.first()
    if row is None:
        raise NotFound(f"no experiment {experiment} in this workspace", path=["experiment"])
    found, number, deleted_at = row
    if deleted_at is not None:
        raise Conflict(f"the experiment {experiment} is deleted: restore it first", path=["experiment"])
    return Place(ExperimentID(found), number)
