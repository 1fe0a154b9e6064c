"""Lists of experiments: pages of those that fulfil a filter, the newest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.errors import TooLarge
from domain.experiments import Lifecycle
from domain.filters import And, Field, FieldLeaf, Filter, MetricLeaf, Not, Or, Statistic, TagLeaf
from domain.ids import ExperimentID, NodeKey, NodeKind
from domain.pages import TimeCursor
from domain.predicates import parse_predicate
from domain.tags import parse_tag
from domain.text.parsing import parse_text
from store.database import Database
from store.experiment_lists import count_experiments, list_experiments
from store.experiments import archive_experiment, create_experiment, delete_experiment
from store.keys import Keys
from store.tags import set_tags
from tests.store.making import DEFAULT, make_run


async def make(database: Database, name: str, description: str | None = None, **tags: str) -> ExperimentID:
    keys = await Keys(database).intern(DEFAULT, tags)
    async with database.write() as tx:
        made = await create_experiment(tx, DEFAULT, name, description=description)
        if tags:
            key = NodeKey(NodeKind.EXPERIMENT, made)
            await set_tags(tx, DEFAULT, key, [parse_tag(key, value) for key, value in tags.items()], keys=keys)
    return made


def field(name: Field, **condition: Any) -> Filter:
    return FieldLeaf(name, parse_predicate(*next(iter(condition.items()))))


def tag(key: str, **condition: Any) -> Filter:
    return TagLeaf(key, parse_predicate(*next(iter(condition.items()))))


async def find(database: Database, where: Filter) -> set[str]:
    """Return the names of those that fulfil a filter, which must be as many as are counted."""
    async with database.read() as conn:
        page = await list_experiments(conn, DEFAULT, where, first=50)
        count = await count_experiments(conn, DEFAULT, where)
    assert (count.value, page.has_next) == (len(page.items), False)
    return {one.name for one in page.items}


@pytest.fixture
async def known(database: Database) -> Database:
    """Three experiments and one that was put away; one has a run that must not lend it what only runs have."""
    await make(database, "speedrun short", "the first track", team="core", year="2024")
    await make(database, "speedrun medium", None, team="core")
    await make(database, "digits", "images of digits", team="vision")
    away = await make(database, "speedrun old", team="core")
    async with database.write() as tx:
        await archive_experiment(tx, DEFAULT, away, archived=True)
    await make_run(database, "digits", tags={"team": "core"}, name="speedrun short")
    return database


BEFORE = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (field(Field.NAME, eq="digits"), {"digits"}),
        (field(Field.NAME, matches="speedrun"), {"speedrun short", "speedrun medium"}),
        (field(Field.EXPERIMENT, eq="digits"), {"digits"}),
        (field(Field.DESCRIPTION, exists=False), {"speedrun medium"}),
        (field(Field.DESCRIPTION, matches="digit track"), set()),
        (field(Field.CREATED_AT, gt=BEFORE), {"speedrun short", "speedrun medium", "digits"}),
        (field(Field.CREATED_AT, lt=BEFORE), set()),
        (tag("team", eq="core"), {"speedrun short", "speedrun medium"}),
        (tag("team", ne="core"), {"digits"}),
        (tag("year", gte="2024"), {"speedrun short"}),
        (Not(tag("year", exists=True)), {"speedrun medium", "digits"}),
        (And((tag("team", eq="core"), field(Field.NAME, matches="medium"))), {"speedrun medium"}),
        (Or((tag("team", eq="vision"), tag("year", eq="2024"))), {"speedrun short", "digits"}),
        (And(()), {"speedrun short", "speedrun medium", "digits"}),
        (Or(()), set()),
        (field(Field.STATUS, eq="RUNNING"), set()),
        (Not(field(Field.STATUS, eq="RUNNING")), {"speedrun short", "speedrun medium", "digits"}),
        (MetricLeaf("val_loss", Statistic.LAST, parse_predicate("exists", True)), set()),
        (parse_text("vision"), {"digits"}),
    ],
)
async def test_experiments_that_fulfil_a_filter(known: Database, where: Filter, expected: set[str]) -> None:
    assert await find(known, where) == expected


async def test_a_page_of_some_goes_on_behind_its_cursor(known: Database) -> None:
    where = tag("team", exists=True)
    names, after = [], None
    async with known.read() as conn:
        for _ in range(4):
            page = await list_experiments(conn, DEFAULT, where, first=1, after=after)
            names += [one.name for one in page.items]
            if not page.has_next:
                break
            after = TimeCursor(page.items[-1].created_at, page.items[-1].id)

    assert names == ["digits", "speedrun medium", "speedrun short"]


async def test_a_filter_that_is_too_deep_is_refused(database: Database) -> None:
    tree: Filter = tag("a", eq="1")
    for n in range(12):
        tree = And((tree, field(Field.NAME, eq="x"))) if n % 2 else Or((tree, field(Field.NAME, eq="y")))
    with pytest.raises(TooLarge, match="levels"):
        await find(database, tree)


async def test_lists_show_what_stands_in_that_part_of_its_life(database: Database) -> None:
    present, archived, deleted = [await make(database, name) for name in ("present", "archived", "deleted")]
    async with database.write() as tx:
        await archive_experiment(tx, DEFAULT, archived, archived=True)
        await delete_experiment(tx, DEFAULT, deleted)

    async with database.read() as conn:
        shown = {
            lifecycle: [one.id for one in (await list_experiments(conn, DEFAULT, first=5, lifecycle=lifecycle)).items]
            for lifecycle in Lifecycle
        }
        counts = [(await count_experiments(conn, DEFAULT, lifecycle=one)).value for one in Lifecycle]
    assert shown == {
        Lifecycle.PRESENT: [present],
        Lifecycle.ARCHIVED: [archived],
        Lifecycle.DELETED: [deleted],
        Lifecycle.ALL: [deleted, archived, present],
    }
    assert counts == [1, 1, 1, 3]


async def test_a_list_goes_on_where_its_cursor_stands_while_others_are_made(database: Database) -> None:
    made = [await make(database, f"track {n}") for n in range(5)]
    async with database.read() as conn:
        page = await list_experiments(conn, DEFAULT, first=2)
        await make(database, "made meanwhile")
        last = page.items[-1]
        rest = await list_experiments(conn, DEFAULT, first=5, after=TimeCursor(last.created_at, last.id))

    assert [one.id for one in page.items + rest.items] == list(reversed(made))
    assert (page.has_next, rest.has_next) == (True, False)
