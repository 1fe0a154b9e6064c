"""Pages and rests of an answer give everything once, whatever is written between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from domain.lineage.claims import Claim
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import Role
from domain.runs import RunKind
from store.database import Database
from store.lineage.retracting import retract
from tests.graphql.asking import Client, Json
from tests.lineage.building import Lineage, dataset

LINEAGE = """query($of: [NodeRef!]!, $first: Int! = 50, $after: String, $maxNodes: Int! = 50000, $resume: String,
  $links: Int! = 50, $afterLink: String, $asOf: AsOf, $collapse: LineageCollapse) {
  lineage(of: $of, direction: DOWNSTREAM, maxNodes: $maxNodes, resume: $resume, asOf: $asOf, collapse: $collapse) {
    nodes(first: $first, after: $after) { edges { label depth } pageInfo { endCursor hasNextPage }
      totalCount { value } }
    links(first: $links, after: $afterLink) { nodes { id } pageInfo { endCursor hasNextPage } }
    completeness { reasons resume } freshness { recordPosition }
  }
}"""
IMPACT = """query($of: [NodeRef!]!, $first: Int!, $after: String) { impact(of: $of) {
  nodes(first: $first, after: $after) { edges { label } pageInfo { endCursor hasNextPage } }
} }"""
START = {"dataset": {"namespace": "s3://data", "name": "a", "version": "0"}}


@pytest.fixture
async def chain(database: Database) -> Lineage:
    """a@0 -> a@1 -> ... -> a@6."""
    lineage = Lineage(database)
    await lineage.record(*(_step(number, number + 1) for number in range(6)))
    await pass_border(database)
    return lineage


def _step(before: int, after: int) -> Claim:
    return Claim(kind=EdgeKind.DERIVED, source=dataset(f"a@{before}"), target=dataset(f"a@{after}"))


async def ask(client: Client, document: str = LINEAGE, **more: Any) -> Json:
    (answer,) = (await client.ask(document, {"of": [START], **more})).values()
    found: Json = answer
    return found


def labels(answer: Json) -> list[str]:
    return [edge["label"].removeprefix("s3://data/a ") for edge in answer["nodes"]["edges"]]


async def pass_border(database: Database) -> None:
    """Wait until what was written is below the border: writers of other tests on the server hold it back."""
    async with database.read_primary() as conn, asyncio.timeout(60):
        written = await conn.scalar(sa.text("SELECT pg_current_xact_id()::text::bigint"))
        border = sa.text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        while await conn.scalar(border) <= written:
            await asyncio.sleep(0.02)


@asynccontextmanager
async def stay_open(database: Database) -> AsyncIterator[None]:
    """Keep a transaction open that began before what is committed meanwhile: no position is final above it."""
    async with database.writer.connect() as conn:
        await conn.execute(sa.text("BEGIN"))
        await conn.execute(sa.text("SELECT pg_current_xact_id()"))
        yield
        await conn.execute(sa.text("ROLLBACK"))


async def write_between(lineage: Lineage) -> None:
    """Shorten a way, lengthen the end, and take back a link that was given already."""
    await lineage.record(_step(0, 5), _step(6, 7))
    (taken,) = [
        one for one in await lineage.intervals() if one.held.mode is None and one.edge.kind is EdgeKind.DERIVED
    ][:1]
    async with lineage.database.write() as tx:
        await retract(tx, lineage.workspace, [taken.edge.id])


@pytest.mark.parametrize("document", [LINEAGE, IMPACT])
async def test_pages_give_all_of_the_first_pages_answer_once(client: Client, chain: Lineage, document: str) -> None:
    whole = await ask(client, document, first=100)
    page = await ask(client, document, first=2)
    given = labels(page)
    while page["nodes"]["pageInfo"]["hasNextPage"]:
        await write_between(chain)
        page = await ask(client, document, first=2, after=page["nodes"]["pageInfo"]["endCursor"])
        given += labels(page)

    assert given == labels(whole)


async def test_pages_of_links_and_of_folded_nodes_too(client: Client, chain: Lineage) -> None:
    whole = await ask(client)
    links = await ask(client, links=4)
    folded = await ask(client, first=0, collapse="NAME")
    await write_between(chain)
    rest = await ask(client, links=4, afterLink=links["links"]["pageInfo"]["endCursor"])

    assert links["links"]["nodes"] + rest["links"]["nodes"] == whole["links"]["nodes"]
    assert not rest["links"]["pageInfo"]["hasNextPage"]
    assert folded["nodes"]["totalCount"]["value"] == 1


async def test_the_rest_of_a_cut_answer_is_of_the_same_moment(
    client: Client, chain: Lineage, database: Database
) -> None:
    """Also where a transaction is still open that began before what is known: that is not in the answer."""
    async with stay_open(database):
        await chain.record(_step(0, 3))
        fresh = await ask(client)
        parts = [await ask(client, maxNodes=2)]
        await write_between(chain)
        while parts[-1]["completeness"]["resume"]:
            parts.append(await ask(client, maxNodes=2, resume=parts[-1]["completeness"]["resume"]))
    position = parts[0]["freshness"]["recordPosition"]
    whole = await ask(client, asOf={"asKnownAtPosition": position})
    given = [(edge["label"], edge["depth"]) for part in parts for edge in part["nodes"]["edges"]]

    assert len(parts) > 2
    assert given == [(edge["label"], edge["depth"]) for edge in whole["nodes"]["edges"]]
    assert ("s3://data/a 3", 3) in given
    assert {"label": "s3://data/a 3", "depth": 1} in fresh["nodes"]["edges"]


async def test_pages_that_begin_while_a_transaction_is_open_are_of_one_moment(
    client: Client, chain: Lineage, database: Database
) -> None:
    async with stay_open(database):
        await chain.record(_step(0, 5))
        page = await ask(client, first=2)
        given = labels(page)
    while page["nodes"]["pageInfo"]["hasNextPage"]:
        page = await ask(client, first=2, after=page["nodes"]["pageInfo"]["endCursor"])
        given += labels(page)

    assert given == ["0", "1", "2", "3", "4", "5", "6"]


async def test_what_is_live_does_not_change_between_pages(client: Client, database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("serve", RunKind.TRAIN, start=1, end=2)
    await lineage.used(dataset("a@0"), "serve", Role.TRAIN)
    for number in range(3):
        await lineage.generated("serve", f"s3://m/{number}")
        given = {"environment": "production", "endpoint": f"chat{number}", "serves": [{"uri": f"s3://m/{number}"}]}
        document = "mutation($input: DeployInput!) { deploy(input: $input) { __typename } }"
        await client.do(document, {"input": given})
    await pass_border(database)
    whole = await ask(client, IMPACT, first=100)
    page = await ask(client, IMPACT, first=2)
    document = "mutation($input: UndeployInput!) { undeploy(input: $input) { __typename } }"
    assert await client.do(document, {"input": {"environment": "production", "endpoint": "chat0"}}) == {
        "__typename": "UndeployPayload"
    }
    rest = await ask(client, IMPACT, first=100, after=page["nodes"]["pageInfo"]["endCursor"])

    assert page["nodes"]["edges"] + rest["nodes"]["edges"] == whole["nodes"]["edges"]


@pytest.mark.parametrize("cursor", ["", "x", "0", "AAEAAAAAA5kABmFGw8G1YgARAaIeZ1vqc9mJEY-_xGEMgA=="])
async def test_a_cursor_of_another_answer_is_refused(client: Client, chain: Lineage, cursor: str) -> None:
    failed = await client.fail(LINEAGE, {"of": [START], "after": cursor})

    assert failed["code"] == "INVALID_INPUT"
    assert "no cursor of this answer" in failed["message"]


async def test_the_rest_of_another_question_is_refused(client: Client, chain: Lineage) -> None:
    cut = (await ask(client, maxNodes=2))["completeness"]["resume"]
    other = {**START, "dataset": {**START["dataset"], "version": "1"}}
    failed = await client.fail(LINEAGE, {"of": [other], "resume": cut})
    nothing = await client.fail(LINEAGE, {"of": [START], "resume": "x"})

    assert (failed["code"], failed["path"]) == ("INVALID_INPUT", ["resume"])
    assert (nothing["code"], nothing["path"]) == ("INVALID_INPUT", ["resume"])
