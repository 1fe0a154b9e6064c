"""A mutation is done once, however often and however fast its client sends it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from domain.deliveries import Delivery, digest_body
from domain.errors import Conflict, Gone, InvalidInput
from domain.ids import RunID
from domain.runs import RunDraft
from domain.tags import Tag
from store import tables
from store.database import Database
from store.keys import Keys
from store.numbers import Numbers
from store.once import Values, forget_client_keys, write_once
from store.purging import purge_run
from store.run_edits import delete_runs
from store.runs import create_run
from store.tags import set_tags
from store.transactions import Transaction
from tests.store.making import DEFAULT, count_rows, make_run, make_run_id, make_workspace, read_run


def sent(operation: str = "setTags", body: object = 1, **fields: object) -> Delivery:
    return Delivery(operation=operation, digest=digest_body(body), **fields)  # type: ignore[arg-type]


async def nothing(_: Transaction) -> Values:
    return {"did": "it"}


async def test_a_repeat_by_client_key_gets_the_first_answer(database: Database) -> None:
    async def work(_: Transaction) -> Values:
        return {"run": str(uuid4())}

    first = await write_once(database, DEFAULT, sent(client_key="k"), work)
    again = await write_once(database, DEFAULT, sent(client_key="k"), work)

    assert (first.repeated, again.repeated) == (False, True)
    assert (again.values, again.token) == (first.values, first.token)


async def test_a_repeat_waits_for_the_first_that_is_in_flight(database: Database) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()
    done = 0

    async def work(_: Transaction) -> Values:
        nonlocal done
        done += 1
        begun.set()
        await may_end.wait()
        return {"done": done}

    first = asyncio.create_task(write_once(database, DEFAULT, sent(client_key="k"), work))
    await begun.wait()
    second = asyncio.create_task(write_once(database, DEFAULT, sent(client_key="k"), work))
    await asyncio.sleep(0.1)
    assert not second.done()
    may_end.set()

    assert [(await first).values, (await second).values] == [{"done": 1}, {"done": 1}]
    assert done == 1


async def test_a_first_that_fails_leaves_the_key_to_the_next(database: Database) -> None:
    async def fail(_: Transaction) -> Values:
        raise InvalidInput("no")

    with pytest.raises(InvalidInput, match="no"):
        await write_once(database, DEFAULT, sent(client_key="k"), fail)
    answer = await write_once(database, DEFAULT, sent(client_key="k"), nothing)

    assert (answer.values, answer.repeated) == ({"did": "it"}, False)


@pytest.mark.parametrize("other", [sent(body=2, client_key="k"), sent("addNote", client_key="k")])
async def test_a_client_key_with_another_body_is_a_conflict(database: Database, other: Delivery) -> None:
    await write_once(database, DEFAULT, sent(client_key="k"), nothing)

    with pytest.raises(Conflict, match="'k' was used for another setTags") as caught:
        await write_once(database, DEFAULT, other, nothing)
    assert caught.value.path == ("clientKey",)


async def test_client_keys_of_two_workspaces_do_not_meet(database: Database) -> None:
    other = await make_workspace(database)
    await write_once(database, DEFAULT, sent(client_key="k"), nothing)

    assert not (await write_once(database, other, sent(body=2, client_key="k"), nothing)).repeated


async def test_twenty_sendings_of_one_creation_make_one_run(database: Database) -> None:
    draft = RunDraft(experiment="track")
    numbers = Numbers(database)

    async def create(tx: Transaction) -> Values:
        return {"run": str(await create_run(tx, DEFAULT, draft, place, keys={}))}

    place = await numbers.take(DEFAULT, "track")
    answers = await asyncio.gather(
        *(write_once(database, DEFAULT, sent("createRun", client_key="c"), create) for _ in range(20))
    )

    assert len({answer.values["run"] for answer in answers}) == 1
    assert [answer.repeated for answer in answers].count(False) == 1
    assert await count_rows(database, tables.runs) == 1


async def test_a_mutation_known_by_writer_and_sequence_is_done_once(database: Database) -> None:
    run, writer = await make_run(database), uuid4()
    keys = await Keys(database).intern(DEFAULT, ["state"])

    async def work(tx: Transaction) -> Values:
        await set_tags(tx, DEFAULT, (await read_run(database, run)).key, [Tag("state", "ok")], keys=keys)
        return {"run": str(run)}

    delivery = sent(run=run, writer=writer, sequence=0)
    first = await write_once(database, DEFAULT, delivery, work, again={"run": str(run)})
    again = await write_once(database, DEFAULT, delivery, work, again={"run": str(run)})

    assert (first.repeated, again.repeated, again.values) == (False, True, {"run": str(run)})
    assert again.token > first.token
    assert (await read_run(database, run)).revision == 2
    with pytest.raises(Conflict, match="another body"):
        await write_once(database, DEFAULT, sent(body=2, run=run, writer=writer, sequence=0), work)


async def test_a_creation_known_by_writer_and_sequence_may_be_sent_again(database: Database) -> None:
    run = make_run_id()
    delivery = sent("createRun", run=run, writer=uuid4(), sequence=0)

    async def create(tx: Transaction) -> Values:
        return {"run": str(await create_run(tx, DEFAULT, RunDraft(experiment="track", id=run), None, keys={}))}

    answers = [
        await write_once(database, DEFAULT, delivery, create, again={"run": str(run)}, creates_run=True)
        for _ in range(2)
    ]

    assert [answer.repeated for answer in answers] == [False, True]
    assert [answer.values for answer in answers] == [{"run": str(run)}] * 2


async def test_a_mutation_of_a_purged_run_is_gone_under_any_sequence(database: Database) -> None:
    run = await make_run(database)
    async with database.write() as tx:
        await delete_runs(tx, DEFAULT, [run])
    await purge_run(database, DEFAULT, run)

    async def work(tx: Transaction) -> Values:
        failures = await delete_runs(tx, DEFAULT, [run])
        raise failures[run]

    with pytest.raises(Gone, match="was purged"):
        await write_once(database, DEFAULT, sent(run=run, writer=uuid4(), sequence=3), work)


async def test_keys_are_forgotten_after_their_time_only(database: Database) -> None:
    await write_once(database, DEFAULT, sent(client_key="k"), nothing)

    assert await forget_client_keys(database) == 0
    assert await forget_client_keys(database, kept=timedelta(0)) == 1
    assert not (await write_once(database, DEFAULT, sent(body=2, client_key="k"), nothing)).repeated


@pytest.mark.parametrize(
    "fields, path",
    [
        ({"writer": uuid4()}, ("sequence",)),
        ({"sequence": 1, "writer": uuid4()}, ("run",)),
        ({"run": RunID(uuid4()), "sequence": -1, "writer": uuid4()}, ("sequence",)),
        ({"client_key": "a\0"}, ("clientKey",)),
    ],
)
def test_a_delivery_that_cannot_be_known_again_is_refused(fields: dict[str, object], path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput) as caught:
        sent(**fields)  # type: ignore[arg-type]

    assert caught.value.path == path


def test_what_a_repeat_makes_has_the_same_id() -> None:
    run, writer = make_run_id(), uuid4()
    one, same = (sent(run=run, writer=writer, sequence=4) for _ in range(2))

    assert one.make_id() == same.make_id()
    assert one.make_id(1) != one.make_id()
    assert sent().make_id() != sent().make_id()


def test_a_body_has_one_digest_whatever_the_order_of_its_keys() -> None:
    assert digest_body({"a": 1, "b": [float("nan")]}) == digest_body({"b": [float("nan")], "a": 1})
    assert digest_body({"a": float("nan")}) != digest_body({"a": None})
