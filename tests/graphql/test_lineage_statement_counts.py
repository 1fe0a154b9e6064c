"""How many SQL statements a question of lineage takes: by its levels and kinds of nodes, not by its nodes."""

from __future__ import annotations

from typing import Any

import pytest

from domain.lineage.roles import Role
from store.database import Database
from tests.graphql.asking import Client, Json
from tests.graphql.test_statement_counts import counting
from tests.lineage.building import Lineage, dataset
from tests.lineage.practice import register

QUESTIONS = {
    "lineage": """query($of: [NodeRef!]!) { lineage(of: $of, direction: DOWNSTREAM) {
      nodes(first: 1000) { totalCount { value } edges { label depth node { id ... on Run { name }
        ... on DatasetVersion {
        dataset { name } } } } }
      links(first: 1000) { nodes { recordedAt source { id } target { id } edges { id } } }
      completeness { explained assumptions unexplained { nodes { id } } frontier { nodes { id } } }
      freshness { lagSeconds }
    } }""",
    "folded": """query($of: [NodeRef!]!) { lineage(of: $of, direction: DOWNSTREAM, collapse: JOB) {
      nodes(first: 1000) { edges { label count node { id } } } dot provJson
    } }""",
    "impact": """query($of: [NodeRef!]!) { impact(of: $of) {
      byKind { kind count } byInfluence { influence count } owners { owner }
      nodes(first: 1000) { edges { label influence live node { id } } } completeness { complete assumptions }
    } }""",
}
ONE = {
    "leakage": """query($of: NodeRef!) { leakage(of: $of) { checked { train test }
      findings(first: 100) { nodes { grade train { id } test { id } path { node { id } label } } } } }""",
    "paths": """query($of: NodeRef!, $from: NodeRef! = {dataset: {namespace: "s3://data", name: "web", version: "1"}}) {
      paths(from: $from, to: $of, first: 100) { totalCount { value } nodes { steps { label node { id } } } } }""",
}
WEB = {"dataset": {"namespace": "s3://data", "name": "web", "version": "1"}}


async def fill(lineage: Lineage, numbers: range) -> None:
    """Tell of trainings on one dataset, whose models make one ensemble."""
    for number in numbers:
        await lineage.run(f"training {number}", start=1, end=2)
        await lineage.used(dataset("web@1"), f"training {number}", Role.TRAIN)
        await lineage.generated(f"training {number}", f"s3://m/{number}")
        await lineage.used(f"s3://m/{number}", "ensemble", Role.MEMBER)


async def count(client: Client, database: Database, document: str, given: Json) -> int:
    async with counting(database) as seen:
        await client.ask(document, given)
    return len(seen)


@pytest.mark.parametrize("name", [*QUESTIONS, *ONE])
async def test_statements_do_not_grow_with_the_answer(client: Client, database: Database, name: str) -> None:
    lineage = Lineage(database)
    await lineage.run("ensemble", start=3, end=4)
    await lineage.generated("ensemble", "s3://m/all")
    await register(lineage, "gpt@1", "s3://m/all")
    document = {**QUESTIONS, **ONE}[name]
    given: dict[str, Any] = {"of": [WEB] if name in QUESTIONS else {"uri": "s3://m/all"}}
    counts = []
    for numbers in (range(2), range(2, 14)):
        await fill(lineage, numbers)
        await client.ask(document, given)
        counts.append(await count(client, database, document, given))

    assert counts[0] == counts[1]
    assert counts[0] < 60
