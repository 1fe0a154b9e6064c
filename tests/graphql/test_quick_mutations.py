"""Mutations that go the short way do the same as on the long one, and are done once whichever they go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.context import Context, Services
from api.schema import schema
from domain.ids import WorkspaceID, make_uuid7, parse_global_id
from tests.compiled.answering import answer
from tests.graphql.asking import CREATE_RUN, LOG_METRICS, PROBLEM, Client, Json

CALLED = (
    "mutation Log($run: ID!, $series: [MetricSeriesInput!]!, $key: String) { done: logMetrics(input: {%s}) { %s } }"
)
LOG = CALLED % ("run: $run, series: $series, clientKey: $key", f"... on LogMetricsPayload {{ accepted }} {PROBLEM}")
SERIES = [{"key": "loss", "values": [1.5, "NaN"], "steps": [0, 1]}]


class Calls:
    """Counts the answers that were given the short way."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.given: list[bool] = []
        quick = schema._quick
        answer_quickly: Callable[..., Any] = quick.answer

        async def answer_and_count(*args: Any, **options: Any) -> Any:
            found = await answer_quickly(*args, **options)
            self.given.append(found is not None)
            return found

        monkeypatch.setattr(quick, "answer", answer_and_count)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(monkeypatch)


async def test_what_is_sent_again_and_again_goes_the_short_way(client: Client, calls: Calls) -> None:
    document = LOG.replace("Log(", f"Log{make_uuid7().hex}(")  # no document of another test
    run = await client.make_run()
    calls.given.clear()
    answers = [await client.ask(document, {"run": run, "series": SERIES}) for _ in range(3)]
    told = await client.send(document, {"run": run, "series": SERIES})

    assert answers == [{"done": {"accepted": 2}}] * 3
    assert told["extensions"]["cost"]["requested"] > 0
    assert calls.given == [False, True, True, True]


WRONG: dict[str, Json] = {
    "a value that is no number": {"series": [{"key": "loss", "values": ["high"]}]},
    "a field that nobody knows": {"series": [{"key": "loss", "value": [1]}]},
    "no list": {"series": {"key": "loss", "values": [1]}},
    "null": {"series": None},
    "nothing": {},
    "a step of 2^63": {"series": [{"key": "loss", "values": [1], "steps": [2**63]}]},
    "an empty key": {"series": [{"key": "", "values": [1]}]},
    "an unknown run": {"series": SERIES, "run": "01980000-0000-7000-8000-00000000abcd"},
    "no run": {"series": SERIES, "run": "x"},
    "a number as key": {"series": SERIES, "key": 3},
    "a variable that nobody declared": {"series": SERIES, "more": 1},
    "null for what may be null": {"series": SERIES, "key": None},
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_wrong_is_told_alike_on_both_ways(client: Client, services: Services, name: str) -> None:
    run = await client.make_run()
    context = Context(
        services=services, workspace=WorkspaceID(parse_global_id(run).workspace), workspace_name="default"
    )
    variables = {"run": run, **WRONG[name]}
    # The second time, the document was compiled.
    ways = [await answer(schema, LOG, context, compiled=on, variables=variables) for on in (True, True, False)]

    assert ways[0] == ways[1] == ways[2]


async def test_an_answer_that_has_to_be_loaded_is_of_one_run(client: Client, calls: Calls) -> None:
    document = CREATE_RUN.replace("id uuid number", "id name params { key value } experiment { name } uuid number")
    seen = [
        (await client.do(document, {"input": {"experiment": "track", "name": f"seed {n}", "params": {"lr": n}}}))["run"]
        for n in range(3)
    ]
    count = await client.ask("{ runs { totalCount { value } } }")

    assert [(run["name"], run["params"], run["experiment"]) for run in seen] == [
        (f"seed {n}", [{"key": "lr", "value": n}], {"name": "track"}) for n in range(3)
    ]
    assert count["runs"]["totalCount"]["value"] == 3
    assert calls.given == [False, False, False, False]


async def test_what_nobody_expected_is_masked_and_not_done_again(
    client: Client, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await client.make_run()
    await client.log(run, series=SERIES)
    tried = []

    async def fail(request: object) -> None:
        tried.append(request)
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(services.ingest, "submit", fail)
    error = await client.fail(LOG_METRICS, {"input": {"run": run, "series": SERIES}})

    assert len(tried) == 1
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    "document",
    [
        "mutation($input: LogMetricsInput!) { a: logMetrics(input: $input) { __typename } b: logMetrics(input: $input) "
        "{ __typename } }",
        "mutation($input: LogMetricsInput!, $no: Boolean = true) { logMetrics(input: $input) @include(if: $no) "
        "{ __typename } }",
        "mutation($input: LogMetricsInput!) { logMetrics(input: $input) { ...All } } "
        "fragment All on LogMetricsPayload { accepted }",
        "mutation($input: LogMetricsInput!) { ...All } "
        "fragment All on Mutation { logMetrics(input: $input) { __typename } }",
    ],
)
async def test_other_forms_of_a_document_are_answered_as_ever(client: Client, document: str) -> None:
    run = await client.make_run()
    answers = [await client.ask(document, {"input": {"run": run, "series": SERIES}}) for _ in range(3)]
    read = 'query($run: ID!) { run(id: $run) { metrics(keys: ["loss"]) { count } } }'
    counted = (await client.ask(read, {"run": run}))["run"]["metrics"][0]["count"]

    assert answers[0] == answers[1] == answers[2]
    assert counted == 2 * 3 * document.count("logMetrics(")


async def test_a_mutation_by_get_is_refused_though_it_was_compiled(client: Client) -> None:
    run = await client.make_run()
    for _ in range(2):
        await client.log(run, series=SERIES)
    response = await client.http.get("/w/default/graphql", params={"query": LOG_METRICS, "variables": "{}"})

    assert response.status_code == 405


async def test_operations_that_a_document_lacks_are_refused_and_leave_nothing(client: Client) -> None:
    run = await client.make_run()
    await client.log(run, series=SERIES)
    for n in range(3):
        error = await client.send(LOG_METRICS, {"input": {"run": run, "series": SERIES}}, operationName=f"Nobody{n}")
        assert "errors" in error

    assert set(schema._documents.prepare(LOG_METRICS).mutations) == {None}
