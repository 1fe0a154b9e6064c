"""Runs below others that are made while others tell what those used: nothing is inherited too little or too much."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from random import Random
from typing import Any

import pytest

from domain.lineage.roles import Role
from domain.runs import RunKind
from store.database import Database
from store.lineage.concluding import LOCK
from tests.lineage.building import Lineage, dataset
from tests.store.making import DEFAULT

CHILDREN = 12


async def test_children_of_runs_without_inputs_wait_for_no_inference(database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("sweep", RunKind.SWEEP)
    await lineage.run("group", RunKind.GROUP, parent="sweep")
    async with database.write() as other:
        await other.driver.execute(LOCK, str(DEFAULT))
        async with asyncio.timeout(20):
            await asyncio.gather(*(lineage.run(f"seed {n}", parent="group") for n in range(CHILDREN)))

    called = {"sweep CALLED group", *(f"group CALLED seed {n}" for n in range(CHILDREN))}
    assert await lineage.graph() == called


@pytest.mark.parametrize("given", ["web@monday", "web"])
@pytest.mark.parametrize("seed", range(4))
async def test_a_child_inherits_whichever_was_first_it_or_the_input(database: Database, given: str, seed: int) -> None:
    random, lineage = Random(seed), Lineage(database)
    await lineage.run("monday", RunKind.INGEST, end=1)
    await lineage.generated("monday", dataset("web"))
    await lineage.run("sweep", RunKind.SWEEP, start=5)
    await lineage.run("group", RunKind.GROUP, start=5, parent="sweep")

    async def later(work: Coroutine[Any, Any, object]) -> None:
        await asyncio.sleep(random.random() / 50)
        await work

    works: list[Coroutine[Any, Any, object]] = [
        lineage.run(f"seed {n}", start=6, parent="group") for n in range(CHILDREN)
    ]
    async with asyncio.timeout(60):
        await asyncio.gather(*map(later, [*works, lineage.used(dataset(given), "sweep", Role.TRAIN)]))

    inherited = {f"web@monday USED train seed {n}?" for n in range(CHILDREN)}
    assert {line for line in await lineage.graph() if "USED train seed" in line} == inherited
