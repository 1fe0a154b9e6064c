"""The guide of recording lineage, sent as it is written to an empty workspace."""

from __future__ import annotations

import re
from pathlib import Path

from graphql import OperationDefinitionNode, parse, print_ast

from tests.graphql.asking import Client, Json

GUIDE = Path(__file__).parents[2] / "docs" / "recording-lineage.md"
MUTATIONS = ("useDataset", "useArtifact", "logArtifact", "registerModel", "setAlias", "deploy", "undeploy",
             "recordLineage", "retractLineage", "declareSource", "describeNode")  # fmt: skip


def list_documents() -> dict[str, str]:
    """Return the guide's operations by name, in their order."""
    blocks = re.findall(r"^```graphql\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    found = [d for d in parse("\n".join(blocks)).definitions if isinstance(d, OperationDefinitionNode)]
    return {one.name.value: print_ast(one) for one in found if one.name is not None}


def test_the_guide_has_every_mutation() -> None:
    text = "\n".join(list_documents().values())

    assert [name for name in MUTATIONS if f"{name}(" not in text] == []


async def test_what_the_guide_sends_is_taken_and_answered_as_it_says(client: Client) -> None:
    answers: dict[str, Json] = {}
    for name, document in list_documents().items():
        edges = answers.get("Say", {"recordLineage": {"edges": []}})["recordLineage"]["edges"]
        given = {"edges": [edges[1]["id"]]} if name == "TakeBack" else {}
        answers[name] = await client.ask(document, given)
        problems = [one for one in answers[name].values() if "message" in one]
        assert problems == [], name
    whence = answers["Whence"]["lineage"]

    assert answers["TheJobStarts"]["first"] == {"edges": [{"kind": "USED", "role": "TRAIN"}], "warnings": []}
    assert answers["TakeBack"]["retractLineage"] == {"retracted": 1}
    assert {(edge["label"], edge["depth"]) for edge in whence["nodes"]["edges"]} == {
        ("digits 1", 0),
        ("s3://models/digits.pt", 1),
        ("train", 2),
        ("s3://models/base.pt", 3),
        ("s3://data/digits 1", 3),
        ("s3://data/scans 2026-10", 4),
    }
    assert whence["completeness"]["complete"]
    assert not whence["completeness"]["explained"]
    assert len(whence["completeness"]["unexplained"]["nodes"]) == 1
