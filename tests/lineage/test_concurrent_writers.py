"""Writers that name the same new things at the same time: none waits for another in a circle."""

from __future__ import annotations

import asyncio

from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import Role
from store.database import Database
from tests.lineage.building import Lineage, dataset
from tests.lineage.practice import log_file, measure

ROUNDS = 15


async def test_a_run_logs_a_file_while_another_client_says_that_it_used_it(database: Database) -> None:
    """The one holds the run and wants the file's place, the other made the place and wants the run."""
    lineage = Lineage(database)
    await lineage.run("training", start=1)
    await lineage.run("other", start=1)
    for number in range(ROUNDS):
        place = f"s3://b/{number}.pt"
        await asyncio.gather(
            log_file(lineage, "training", place, role=Role.CHECKPOINT),
            lineage.say(EdgeKind.USED, place, "other"),
            lineage.say(EdgeKind.GENERATED, "training", place, role=Role.CHECKPOINT),
        )

    assert await lineage.graph() == {
        line
        for number in range(ROUNDS)
        for line in (
            f"training GENERATED checkpoint s3://b/{number}.pt",
            f"s3://b/{number}.pt USED input other",
        )
    }


async def test_two_runs_read_and_measure_on_the_same_new_data_in_opposite_orders(database: Database) -> None:
    lineage = Lineage(database)
    for run in ("a", "b"):
        await lineage.run(run, start=1)

    async def tell(run: str, names: tuple[str, ...]) -> None:
        for name in names:
            await lineage.used(dataset(name), run)
            await measure(lineage, run, name)

    for number in range(5):
        names = (f"web@{number}", f"log@{number}", f"web@{number + 100}")
        await asyncio.gather(tell("a", names), tell("b", names[::-1]))

    used = {line for line in await lineage.graph() if "USED input" in line}
    assert len(used) == 2 * 3 * 5
