"""Questions about a record that holds something of everything are answered alike with and without compiled plans."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from api.context import Context, Services
from api.schema import schema
from domain.ids import WorkspaceID, parse_global_id
from tests.compiled.answering import answer, is_same
from tests.compiled.selections import Selections
from tests.graphql.asking import Client

DEFINE = (
    "mutation($experiment: String!) "
    '{ defineMetric(input: {experiment: $experiment, key: "loss", goal: MIN, unit: "nat"}) '
    "{ __typename ... on Problem { message } } }"
)
BATCH = "mutation($input: LogBatchInput!) { logBatch(input: $input) { __typename ... on Problem { message } } }"
UNKNOWN = "01980000-0000-7000-8000-00000000abcd"
ROOTS = ("runs", "experiments", "workspace", "workspaces", "run", "node", "nodes", "metricSeries", "compareRuns")


async def fill(client: Client) -> list[str]:
    """Make runs with something of everything, one of them with nothing; return their ids."""
    top = await client.make_run(name="top", kind="GROUP")
    runs = [top]
    for n in range(4):
        run = await client.make_run(
            name=f"seed {n}",
            parent=top,
            params={"lr": n / 10, "size": n, "deep": n > 1, "how": "fast", "net": {"layers": [n]}},
            parameters=[{"key": "most", "type": "FLOAT", "text": "inf"}],
            tags={"fold": str(n), "group": "baseline"},
        )
        series = [
            {"key": "loss", "values": [1.5, n, "NaN"], "steps": [0, 1, 2]},
            {"key": "acc", "values": ["Infinity"]},
            {"key": "nothing", "values": ["NaN"]},
        ]
        rest = {"run": run, "series": series, "notes": [{"text": "a note"}], "artifacts": [{"path": "a/b.txt"}]}
        assert await client.do(BATCH, {"input": rest}) == {"__typename": "LogBatchPayload"}
        runs.append(run)
    found = await client.ask("query($run: ID!) { run(id: $run) { experiment { id } } }", {"run": top})
    defined = await client.do(DEFINE, {"experiment": found["run"]["experiment"]["id"]})
    assert "message" not in defined
    return runs


def make_arguments(runs: list[str]) -> dict[str, str]:
    ids = ", ".join(f'"{run}"' for run in runs)
    return {
        "run": f'(id: "{runs[1]}")',
        "node": f'(id: "{runs[2]}")',
        "nodes": f'(ids: [{ids}, "{UNKNOWN}"])',
        "compareRuns": f"(ids: [{ids}])",
        "metricSeries": f'(run: "{runs[1]}", keys: ["loss", "acc", "none"])',
        "runs": "(first: 5)",
        "metrics": '(keys: ["acc", "loss", "none", "nothing"])',
        "params": '(keys: ["lr", "net", "most"])',
        "series": "(first: 2)",
        "children": "(first: 3)",
        "notes": "(first: 1)",
    }


async def test_random_questions_are_answered_alike(client: Client, services: Services, is_long: bool) -> None:
    runs = await fill(client)
    context = Context(
        services=services, workspace=WorkspaceID(parse_global_id(runs[0]).workspace), workspace_name="default"
    )
    empty = 0
    for seed in range(600 if is_long else 60):
        random = Random(seed)
        selections = Selections(schema._schema, random, arguments=make_arguments(runs), depth=6)
        document = selections.document(ROOTS[seed % len(ROOTS)])
        expected = await answer(schema, document, context, compiled=False)
        empty += not expected[0]

        assert is_same(await answer(schema, document, context, compiled=True), expected), document

    assert empty < seed / 3  # some documents ask one name for two types of things, and are refused


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "too many keys, below each run": (
        "query($keys: [String!]!) { runs { nodes { id metrics(keys: $keys) { key } } } }",
        {"keys": [f"k{n}" for n in range(1001)]},
    ),
    "a page of each run that is too large": ("{ runs { nodes { series(first: 1001) { nodes { key } } } } }", {}),
    "a broken cursor below each run": ('{ runs { nodes { name notes(after: "x") { nodes { text } } } } }', {}),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_fails_below_each_run_fails_at_the_same_places(
    client: Client, services: Services, name: str
) -> None:
    runs = await fill(client)
    context = Context(
        services=services, workspace=WorkspaceID(parse_global_id(runs[0]).workspace), workspace_name="default"
    )
    document, variables = WRONG[name]
    given = [await answer(schema, document, context, compiled=on, variables=variables) for on in (True, False)]

    assert given[0][1]
    assert is_same(*given)
