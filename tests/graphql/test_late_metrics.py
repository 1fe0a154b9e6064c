"""What a wide request logged is in every answer after its own, though its summaries are written later."""

from __future__ import annotations

from typing import Any

import pytest

from store import tables
from store.database import Database
from store.metrics.preparing import WIDE
from tests.graphql.asking import Client
from tests.store.making import count_rows

QUESTIONS: dict[str, tuple[str, Any]] = {
    "a filter": (
        '{ runs(where: {metric: {key: "k7", of: LAST, is: {gt: 0.5}}}) { nodes { name } } }',
        {"runs": {"nodes": [{"name": "high"}]}},
    ),
    "an order": (
        '{ runs(orderBy: [{metric: {key: "k7"}, direction: DESC}]) { nodes { name } } }',
        {"runs": {"nodes": [{"name": "high"}, {"name": "low"}]}},
    ),
    "a text": (
        '{ runs(query: "last(k7) > 0.5") { nodes { name } } }',
        {"runs": {"nodes": [{"name": "high"}]}},
    ),
    "a count": (
        '{ runs(first: 0, where: {metric: {key: "k7", of: MAX, is: {exists: true}}}) { totalCount { value } } }',
        {"runs": {"totalCount": {"value": 2}}},
    ),
    "columns of the table": (
        '{ runs { nodes { name metrics(keys: ["k7"]) { last { value } } } } }',
        {
            "runs": {
                "nodes": [
                    {"name": "low", "metrics": [{"last": {"value": 0.0}}]},
                    {"name": "high", "metrics": [{"last": {"value": 1.0}}]},
                ]
            }
        },
    ),
    "a list of series": (
        '{ runs { nodes { series(first: 1, prefix: "k7") { totalCount { value } nodes { key count } } } } }',
        {
            "runs": {
                "nodes": [
                    {"series": {"totalCount": {"value": 1}, "nodes": [{"key": "k7", "count": 1}]}},
                    {"series": {"totalCount": {"value": 1}, "nodes": [{"key": "k7", "count": 1}]}},
                ]
            }
        },
    ),
}


async def log_wide(client: Client, name: str, value: float) -> str:
    run = await client.make_run(name=name)
    series = [{"key": "k7" if n == 0 else f"other{n}", "values": [value]} for n in range(WIDE)]
    await client.log(run, series=series)
    return run


@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_question_right_after_a_wide_request_sees_it(client: Client, database: Database, name: str) -> None:
    await log_wide(client, "high", 1.0)
    await log_wide(client, "low", 0.0)
    question, answer = QUESTIONS[name]

    assert await count_rows(database, tables.metric_summaries) == 0
    assert await client.ask(question) == answer


async def test_a_comparison_right_after_a_wide_request_sees_it(client: Client, database: Database) -> None:
    runs = [await log_wide(client, "high", 1.0), await log_wide(client, "low", 0.0)]
    ask = "query($ids: [ID!]!) { compareRuns(ids: $ids, onlyDifferences: true) { metrics { key differs } } }"
    found = (await client.ask(ask, {"ids": runs}))["compareRuns"]["metrics"]

    assert len(found) == WIDE
    assert {"key": "k7", "differs": True} in found


async def test_a_question_that_is_not_about_metrics_settles_nothing(client: Client, database: Database) -> None:
    await log_wide(client, "high", 1.0)
    await client.ask("{ runs(orderBy: [{field: NAME}]) { nodes { name } } }")

    assert await count_rows(database, tables.metric_summaries) == 0
