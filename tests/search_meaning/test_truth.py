"""The truth table of docs/reference/filters.md, case by case, asked of every index."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
import sqlalchemy as sa

from domain.filters import Filter, MetricLeaf, Not, ParamLeaf, Statistic, TagLeaf
from domain.predicates import parse_predicate
from domain.search.documents import DocumentKind
from domain.search.questions import SearchQuestion
from store import tables
from store.database import Database
from store.keys import Keys
from tests.run_table.oracle import PlainExperiment, PlainRun, PlainSeries
from tests.run_table.recording import record_workspace
from tests.run_table.test_truth_table import METRICS, PARAMETERS, TAGS
from tests.search_meaning.conftest import Fill

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
CASES: list[tuple[str, Filter, bool]] = [
    *(
        (f"param {value!r} {name} {bound!r}"[:90], ParamLeaf(f"p{n}", parse_predicate(name, bound)), truth)
        for n, (value, name, bound, truth) in enumerate(PARAMETERS)
    ),
    *(
        (f"tag {value!r} {name} {bound!r}"[:90], TagLeaf(f"t{n}", parse_predicate(name, bound)), truth)
        for n, (value, name, bound, truth) in enumerate(TAGS)
    ),
    *(
        (f"metric {value!r} {name} {bound!r}", MetricLeaf(f"m{n}", Statistic.LAST, parse_predicate(name, bound)), truth)
        for n, (value, name, bound, truth) in enumerate(METRICS)
    ),
]  # fmt: skip


def make_run() -> PlainRun:
    """Return a run with a key of its own for each case."""
    return PlainRun(
        id=UUID(int=7),
        experiment=PlainExperiment(UUID(int=8), "truth"),
        number=1,
        created_at=NOON,
        started_at=NOON,
        params={f"p{n}": value for n, (value, *_) in enumerate(PARAMETERS) if value is not None},
        tags={f"t{n}": value for n, (value, *_) in enumerate(TAGS) if value is not None},
        metrics={
            f"m{n}": PlainSeries(value, value, value, value, 1)
            for n, (value, *_) in enumerate(METRICS)
            if value is not None
        },
    )


@pytest.mark.parametrize("negated", [False, True])
async def test_every_case_is_what_the_table_says(record: Database, fill: Fill, negated: bool) -> None:
    run = make_run()
    workspace = await record_workspace(record, Keys(record), [run])
    async with record.write() as tx:
        await tx.conn.execute(sa.insert(tables.run_counters), [{"workspace": workspace, "run": run.id}])
    index = await fill(workspace)
    wrong = []
    for told, leaf, truth in CASES:
        where = Not(leaf) if negated else leaf
        question = SearchQuestion(workspace=workspace, where=where, kinds=frozenset({DocumentKind.RUN}), first=0)
        found = (await index.search(question)).total.value
        if found != int(truth is not negated):
            wrong.append(told)

    assert wrong == []
