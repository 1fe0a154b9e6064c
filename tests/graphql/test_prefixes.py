"""A run that went on from another is read with what came before: each run's points, up to the step it was left at."""

from __future__ import annotations

from typing import Any

from tests.graphql.asking import PROBLEM, Client

RECORD = (
    "mutation($input: RecordLineageInput!) { recordLineage(input: $input) "
    f"{{ ... on RecordLineagePayload {{ edges {{ id }} }} {PROBLEM} }} }}"
)
CURVE = (
    'query($run: ID!, $steps: StepRange, $points: Int = 1000, $with: Boolean = true, $keys: [String!] = ["loss"]) '
    "{ metricSeries(run: $run, keys: $keys, steps: $steps, points: $points, withPrefix: $with) "
    "{ key run exact count steps values } }"
)


async def make_curve(client: Client, steps: list[int], value: float) -> str:
    run = await client.make_run()
    await client.log(run, series=[{"key": "loss", "steps": steps, "values": [value] * len(steps)}])
    return run


async def continue_as(client: Client, source: str, target: str, step: int | None) -> str:
    edge = {"kind": "CONTINUED_AS", "source": {"run": source}, "target": {"run": target}, "step": step}
    done = await client.do(RECORD, {"input": {"edges": [edge]}})
    edge_id: str = done["edges"][0]["id"]
    return edge_id


async def read(client: Client, run: str, **variables: Any) -> list[tuple[str, list[int]]]:
    answer = await client.ask(CURVE, {"run": run, **variables})
    return [(one["run"], one["steps"]) for one in answer["metricSeries"]]


async def test_a_chain_of_forks_is_one_curve_from_its_root(client: Client) -> None:
    root = await make_curve(client, [0, 10, 20, 30], 3.0)
    middle = await make_curve(client, [11, 15, 25], 2.0)
    last = await make_curve(client, [16, 17], 1.0)
    await continue_as(client, root, middle, 10)
    await continue_as(client, middle, last, 15)

    assert await read(client, last) == [(root, [0, 10]), (middle, [11, 15]), (last, [16, 17])]
    assert await read(client, last, steps={"from": 11, "to": 16}) == [(middle, [11, 15]), (last, [16])]
    assert await read(client, last, **{"with": False}) == [(last, [16, 17])]
    assert await read(client, root) == [(root, [0, 10, 20, 30])]
    assert await read(client, middle, keys=["other", "loss"]) == [
        *((root, []), (middle, [])),
        *((root, [0, 10]), (middle, [11, 15, 25])),
    ]


async def test_a_run_before_counts_no_further_than_the_one_after_it_was_left_at(client: Client) -> None:
    root, middle, last = [await make_curve(client, [0, 1, 2, 3], 1.0) for _ in range(3)]
    await continue_as(client, root, middle, 3)
    await continue_as(client, middle, last, 1)

    assert await read(client, last) == [(root, [0, 1]), (middle, [0, 1]), (last, [0, 1, 2, 3])]


async def test_a_link_without_a_step_one_taken_back_and_a_circle_give_no_more(client: Client) -> None:
    one, two, three = [await make_curve(client, [step], 1.0) for step in (1, 2, 3)]
    await continue_as(client, one, two, None)
    edge = await continue_as(client, two, three, 2)
    await continue_as(client, three, two, 5)

    assert await read(client, three) == [(two, [2]), (three, [3])]
    retract = (
        "mutation($edge: ID!) { retractLineage(input: {edges: [$edge]}) "
        f"{{ ... on RetractLineagePayload {{ token }} {PROBLEM} }} }}"
    )
    assert "token" in await client.do(retract, {"edge": edge})
    assert await read(client, three) == [(three, [3])]


async def test_what_comes_before_counts_towards_the_points_of_an_answer(client: Client) -> None:
    root, last = await make_curve(client, [0, 1], 1.0), await make_curve(client, [2], 1.0)
    await continue_as(client, root, last, 1)
    error = await client.fail(CURVE, {"run": last, "points": 600_000})

    assert (error["code"], error["path"]) == ("TOO_LARGE", ["points"])
    assert "2 series of up to 600000 points" in error["message"]
