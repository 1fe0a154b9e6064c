"""NaN and the infinities down every path by which numbers come in and go out."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest

from tests.graphql.asking import Client, Json

NAMED = ["NaN", "Infinity", "-Infinity"]
COLUMN: list[Any] = [1.5, *NAMED, -0.0]
READ = """
query($run: ID!) {
  metricSeries(run: $run, keys: ["loss"]) { exact count steps values }
  run(id: $run) {
    metrics(keys: ["loss"]) {
      count nans infinities first { value } last { value } min { value } max { value } best { value }
    }
    series { nodes { key last { value } } }
  }
}
"""


def pack(values: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(values)}d", *values)).decode()


WAYS: list[tuple[str, Json]] = [
    ("a list", {"series": [{"key": "loss", "values": COLUMN}]}),
    ("packed", {"series": [{"key": "loss", "valuesPacked": pack([float(v) for v in COLUMN])}]}),
    ("wide", {"keys": ["loss"], "keyIndex": [0] * 5, "values": COLUMN}),
    ("wide and packed", {"keys": ["loss"], "keyIndex": [0] * 5, "valuesPacked": pack([float(v) for v in COLUMN])}),
]


@pytest.mark.parametrize("fields", [way[1] for way in WAYS], ids=[way[0] for way in WAYS])
async def test_points_come_back_as_they_went_in(client: Client, fields: Json) -> None:
    run = await client.make_run()
    await client.log(run, **fields)

    answer = await client.ask(READ, {"run": run})

    assert answer["metricSeries"] == [{"exact": True, "count": 5, "steps": [0, 1, 2, 3, 4], "values": COLUMN}]
    assert str(answer["metricSeries"][0]["values"][4]) == "-0.0"
    assert answer["run"]["metrics"] == [
        {
            "count": 5,
            "nans": 1,
            "infinities": 2,
            "first": {"value": 1.5},
            "last": {"value": -0.0},
            "min": {"value": "-Infinity"},
            "max": {"value": "Infinity"},
            "best": None,
        }
    ]


async def test_a_series_of_nan_alone_has_no_extremes(client: Client) -> None:
    run = await client.make_run()
    batch = "mutation($input: LogBatchInput!) { logBatch(input: $input) { ... on LogBatchPayload { accepted } } }"
    await client.ask(batch, {"input": {"run": run, "series": [{"key": "loss", "values": ["NaN", "NaN"]}]}})

    metric = (await client.ask(READ, {"run": run}))["run"]["metrics"][0]

    assert (metric["last"], metric["min"], metric["max"]) == ({"value": "NaN"}, None, None)


async def test_an_infinite_parameter_goes_by_name(client: Client) -> None:
    long = [{"key": "clip", "type": "FLOAT", "text": "inf"}, {"key": "floor", "type": "FLOAT", "text": "-Infinity"}]
    run = await client.make_run(parameters=long)

    answer = await client.ask("query($run: ID!) { run(id: $run) { params { key value type text } } }", {"run": run})

    assert answer["run"]["params"] == [
        {"key": "clip", "value": "Infinity", "type": "FLOAT", "text": "inf"},
        {"key": "floor", "value": "-Infinity", "type": "FLOAT", "text": "-Infinity"},
    ]


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ('{eq: "NaN"}', []),
        ('{ne: "NaN"}', ["nan", "two", "inf"]),
        ("{ne: 2}", ["nan", "inf"]),
        ('{gt: "-Infinity"}', ["two", "inf"]),
        ('{eq: "Infinity"}', ["inf"]),
        ("{exists: true}", ["nan", "two", "inf"]),
        ('{lt: "NaN"}', []),
    ],
)
async def test_filters_take_them_and_nan_fulfils_only_ne_and_exists(
    client: Client, condition: str, names: list[str]
) -> None:
    for name, value in (("nan", "NaN"), ("two", 2), ("inf", "Infinity"), ("none", None)):
        run = await client.make_run(name=name)
        if value is not None:
            await client.log(run, series=[{"key": "loss", "values": [value]}])
    where = f'{{metric: {{key: "loss", of: LAST, is: {condition}}}}}'

    answer = await client.ask(f"{{ runs(where: {where}, orderBy: [{{field: NUMBER}}]) {{ nodes {{ name }} }} }}")

    assert [node["name"] for node in answer["runs"]["nodes"]] == names


async def test_the_order_by_a_metric_puts_nan_and_missing_last(client: Client) -> None:
    for name, value in (("nan", "NaN"), ("two", 2), ("inf", "Infinity"), ("less", "-Infinity"), ("none", None)):
        run = await client.make_run(name=name)
        if value is not None:
            await client.log(run, series=[{"key": "loss", "values": [value]}])

    for direction, names in (("ASC", ["less", "two", "inf"]), ("DESC", ["inf", "two", "less"])):
        answer = await client.ask(
            f'{{ runs(orderBy: [{{metric: {{key: "loss"}}, direction: {direction}}}]) {{ nodes {{ name }} }} }}'
        )
        found = [node["name"] for node in answer["runs"]["nodes"]]

        assert found[:3] == names
        assert sorted(found[3:]) == ["nan", "none"]
