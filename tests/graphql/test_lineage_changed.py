"""The subscription of lineage: what is said above a node arrives, what is taken back too, and nothing else."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from api.context import Context, Services
from api.nodes.types import make_id
from api.schema import schema
from domain.ids import NodeKind
from domain.lineage.roles import Role
from domain.positions import Token, make_position
from store.database import Database
from tests.graphql.asking import Client
from tests.graphql.test_subscriptions import DEFAULT, Stream
from tests.lineage.building import Lineage, dataset

WATCH = """subscription($root: NodeRef!, $since: String) {
  lineageChanged(root: $root, direction: UPSTREAM, since: $since) {
    cursor reset links { kind role } retracted { kind role } nodes { id }
  }
}"""
TABLE = {"dataset": {"namespace": "s3://data", "name": "table", "version": "1"}}


async def test_what_is_said_and_taken_back_above_a_node_arrives_and_a_cursor_goes_on(
    client: Client, services: Services, database: Database
) -> None:
    lineage = Lineage(database)
    await lineage.run("job", start=1, end=2)
    await lineage.generated("job", dataset("table@1"))

    async def watch(**variables: Any) -> Any:
        context = Context(services=services, workspace=DEFAULT, workspace_name="default")
        return await schema.stream(WATCH, variable_values={"root": TABLE, **variables}, context_value=context)

    async with aclosing(await watch()) as results:
        stream = Stream(results)
        begun = await stream.next()
        recorded = await lineage.used(dataset("web@1"), "job", Role.TRAIN)
        said = await stream.next()
    retract = "mutation($e: [ID!]!) { retractLineage(input: {edges: $e}) { __typename } }"

    edge = make_id(NodeKind.EDGE, DEFAULT, recorded.edges[0].edge.id)
    await lineage.run("elsewhere", start=1, end=2)
    await lineage.used(dataset("other@1"), "elsewhere", Role.TRAIN)
    await client.ask(retract, {"e": [edge]})
    async with aclosing(await watch(since=said["cursor"])) as results:
        taken = await Stream(results).next()

    assert (begun["links"], begun["reset"]) == ([], False)
    assert said["links"] == [{"kind": "USED", "role": "TRAIN"}]
    assert taken["retracted"] == [{"kind": "USED", "role": "TRAIN"}]
    assert taken["links"] == []


async def test_a_cursor_of_another_record_is_answered_with_a_reset(services: Services, database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("job", start=1, end=2)
    await lineage.generated("job", dataset("table@1"))

    since = str(Token(make_position(7, 1), 0, 1))
    context = Context(services=services, workspace=DEFAULT, workspace_name="default")
    results: Any = await schema.stream(WATCH, variable_values={"root": TABLE, "since": since}, context_value=context)
    async with aclosing(results) as opened:
        first = await Stream(opened).next()

    assert first["reset"]
