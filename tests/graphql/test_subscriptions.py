"""Subscriptions: what changes arrives, in few messages, and resumes where it broke off."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from api.changes.pacing import INTERVAL_S
from api.context import Context, Services
from api.schema import schema
from api.transport.answers import encode
from domain.ids import WorkspaceID
from domain.positions import Token, make_position
from store.database import Database
from store.wakeups import Wakeups, wait_for
from tests.graphql.asking import Client, Json
from tests.graphql.documents import read_operation

DEFAULT = WorkspaceID(UUID("00000000-0000-7000-8000-000000000000"))
PATIENCE_S = 20


class Stream:
    """The messages of one subscription."""

    def __init__(self, results: Any) -> None:
        self._results = results

    async def next(self) -> Json:
        """Return the root value of the next message, as a client reads it."""
        async with asyncio.timeout(PATIENCE_S):
            result = await anext(self._results)
        assert not result.errors, result.errors
        (value,) = json.loads(encode(result.data)).values()
        message: Json = value
        return message

    async def error(self) -> Json:
        """Return the extensions of the error that comes next."""
        async with asyncio.timeout(PATIENCE_S):
            result = await anext(self._results)
        extensions: Json = result.errors[0].extensions
        return extensions


@asynccontextmanager
async def watch(services: Services, name: str, **variables: Any) -> AsyncIterator[Stream]:
    """Run one of the design's subscriptions."""
    context = Context(services=services, workspace=DEFAULT, workspace_name="default")
    results = await schema.stream(read_operation(name), variable_values=variables, context_value=context)
    async with aclosing(results) as open_results:
        yield Stream(open_results)


async def test_a_run_that_changes_arrives(client: Client, services: Services) -> None:
    run = await client.make_run()
    async with watch(services, "RunChanged") as stream:
        begun = await stream.next()
        await client.log(run, series=[{"key": "val_loss", "values": [1]}])
        message = await stream.next()

    assert (begun["reset"], begun["runs"]) == (False, [])
    assert (message["reset"], message["runs"]) == (False, [{"id": run, "status": "RUNNING"}])
    assert message["cursor"] != begun["cursor"]


async def test_only_runs_of_the_asked_experiment_arrive(client: Client, services: Services) -> None:
    one, other = await client.make_run(experiment="one"), await client.make_run(experiment="other")
    experiment = (await client.ask('{ experiment(name: "one") { id } }'))["experiment"]["id"]
    async with watch(services, "RunChanged", experiment=experiment) as stream:
        await stream.next()
        await client.log(other, series=[{"key": "val_loss", "values": [1]}])
        await client.log(one, series=[{"key": "val_loss", "values": [1]}])
        message = await stream.next()

    assert [run["id"] for run in message["runs"]] == [one]


async def test_a_resumed_subscription_misses_nothing(client: Client, services: Services) -> None:
    async with watch(services, "RunChanged") as stream:
        cursor = (await stream.next())["cursor"]
    runs = [await client.make_run() for _ in range(3)]
    seen: list[str] = []
    async with watch(services, "RunChanged", since=cursor) as stream:
        while len(seen) < 3:  # a transaction of anybody on the server may hold back the later ones for a message
            seen += [run["id"] for run in (await stream.next())["runs"]]

    assert sorted(seen) == sorted(runs)


async def test_many_changes_come_in_few_messages(client: Client, services: Services) -> None:
    run = await client.make_run()
    async with watch(services, "RunChanged") as stream:
        await stream.next()
        await client.log(run, series=[{"key": "val_loss", "values": [1]}])
        await stream.next()
        began = time.monotonic()
        for n in range(20):
            await client.log(run, series=[{"key": "val_loss", "values": [n]}])
        message = await stream.next()
        waited = time.monotonic() - began

    assert message["runs"] == [{"id": run, "status": "RUNNING"}]
    assert waited > INTERVAL_S * 0.9


async def test_a_cursor_of_another_record_starts_anew(client: Client, services: Services) -> None:
    async with watch(services, "RunChanged") as stream:
        await stream.next()
    run = await client.make_run()
    async with watch(services, "RunChanged", since=_make_foreign_cursor()) as stream:
        first = await stream.next()
        await client.log(run, series=[{"key": "val_loss", "values": [1]}])
        message = await stream.next()

    assert (first["reset"], first["runs"]) == (True, [])
    assert (message["reset"], [run["id"] for run in message["runs"]]) == (False, [run])


def _make_foreign_cursor() -> str:
    return str(Token(make_position(7, 1000), 3, 5))


@pytest.mark.parametrize("name", ["RunChanged", "MetricAppended"])
async def test_a_broken_cursor_is_an_error(client: Client, services: Services, name: str) -> None:
    run = await client.make_run()
    variables = {"run": run} if name == "MetricAppended" else {}
    async with watch(services, name, since="nonsense", **variables) as stream:
        error = await stream.error()

    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["since"])


async def test_points_arrive_as_they_are_logged(client: Client, services: Services) -> None:
    run = await client.make_run()
    await client.log(run, series=[{"key": "val_loss", "steps": [0], "values": [10]}])
    async with watch(services, "MetricAppended", run=run) as stream:
        begun = await stream.next()
        await client.log(
            run,
            series=[
                {"key": "val_loss", "steps": [1, 2], "values": [9.5, "NaN"]},
                {"key": "lr", "steps": [1], "values": [0.1]},
            ],
        )
        message = await stream.next()

    assert begun["series"] == []
    assert message["series"] == [{"key": "val_loss", "steps": [1, 2], "values": [9.5, "NaN"]}]


async def test_points_logged_meanwhile_arrive_after_a_resume(client: Client, services: Services) -> None:
    run = await client.make_run()
    async with watch(services, "MetricAppended", run=run) as stream:
        cursor = (await stream.next())["cursor"]
    await client.log(run, series=[{"key": "val_loss", "steps": [0, 1], "values": [3, 2]}])
    await client.log(run, series=[{"key": "val_loss", "steps": [2], "values": [1]}])
    async with watch(services, "MetricAppended", run=run, since=cursor) as stream:
        message = await stream.next()

    assert message["series"] == [{"key": "val_loss", "steps": [0, 1, 2], "values": [3, 2, 1]}]


async def test_a_burst_is_cut_into_messages(client: Client, services: Services) -> None:
    run = await client.make_run()
    async with watch(services, "MetricAppended", run=run) as stream:
        await stream.next()
        await client.log(run, series=[{"key": "val_loss", "values": list(range(25_000))}])
        sizes = [sum(len(one["steps"]) for one in (await stream.next())["series"]) for _ in range(3)]

    assert sizes == [10_000, 10_000, 5_000]


async def test_an_unknown_run_cannot_be_watched(services: Services) -> None:
    async with watch(services, "MetricAppended", run="01980000-0000-7000-8000-00000000abcd") as stream:
        error = await stream.error()

    assert (error["code"], error["path"]) == ("NOT_FOUND", ["run"])


async def test_a_commit_of_another_process_wakes_who_waits(database: Database, database_url: str) -> None:
    other = Database.connect(database_url)
    ours, theirs = Wakeups(database), Wakeups(other)
    tasks = [asyncio.create_task(wakeups.run()) for wakeups in (ours, theirs)]
    signal = ours.signal
    while not signal.is_set():  # until both listen
        other.committed()
        await wait_for(signal, seconds=0.2)
    own = theirs.signal
    await asyncio.sleep(0.3)
    heard_itself = own.is_set()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await other.close()

    assert signal.is_set()
    assert not heard_itself
