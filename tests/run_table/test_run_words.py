"""The run table finds runs by words in all their texts, and by data, code and environment."""

from __future__ import annotations

import pytest

from domain.filters import (
    CommitLeaf,
    DatasetLeaf,
    DatasetPart,
    EnvironmentLeaf,
    Field,
    FieldLeaf,
    Filter,
    Not,
    ParamLeaf,
    TagLeaf,
    TextLeaf,
)
from domain.ids import NodeKey, NodeKind, RunID
from domain.lineage.edges import Edge, Held
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import Role
from domain.nodes import make_natural_key
from domain.predicates import Operator, Predicate
from domain.text.parsing import parse_text
from domain.text.terms import Term
from store.database import Database
from store.edges import record_edges
from store.node_rows import insert_nodes
from store.run_table import count_runs, fetch_run_page
from tests.lineage.building import Lineage, dataset, hour
from tests.store.making import DEFAULT, make_run

NAMES = ("resnet", "bert", "plain")


@pytest.fixture
async def runs(database: Database) -> dict[str, RunID]:
    return {
        "resnet": await make_run(
            database, name="ResNet50 baseline", params={"optimizer": "AdamW", "lr": 0.1}, tags={"team": "vision-core"}
        ),
        "bert": await make_run(
            database, "language", name="BertForMaskedLM", description="cosine schedule, warmup of 500",
            params={"optimizer": "sgd", "note": "学習率を下げた"}, tags={"state": "loss spike"},
        ),
        "plain": await make_run(database, name="plain"),
    }  # fmt: skip


def matches(text: str) -> Predicate:
    return Predicate(Operator.MATCHES, (text,))


async def find(database: Database, where: Filter, runs: dict[str, RunID]) -> set[str]:
    names = {run: name for name, run in runs.items()}
    async with database.read() as conn:
        page = await fetch_run_page(conn, DEFAULT, where, first=100)
        count = await count_runs(conn, DEFAULT, where)
    assert count.value == len(page.ids)
    return {names[run] for run in page.ids}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("resnet50", {"resnet"}),
        ("baseline", {"resnet"}),
        ("schedules", {"bert"}),
        ("adamw", {"resnet"}),
        ("optimizer", {"resnet", "bert"}),
        ("optimizer sgd", {"bert"}),
        ("visioncore", {"resnet"}),
        ("学習率", {"bert"}),
        ('"loss spike"', {"bert"}),
        ('"spike loss"', set()),
        ("opt*", {"resnet", "bert"}),
        ("team or state", {"resnet", "bert"}),
        ("not optimizer", {"plain"}),
        ("optimizer not loss", {"resnet"}),
        ('"baseline AdamW"', set()),
        ("nothing", set()),
    ],
)
async def test_words_of_a_run_stand_in_all_its_texts(
    database: Database, runs: dict[str, RunID], text: str, found: set[str]
) -> None:
    assert await find(database, parse_text(text), runs) == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (TagLeaf("team", matches("vision")), {"resnet"}),
        (TagLeaf("state", matches("vision")), set()),
        (TagLeaf("state", matches('"loss spike"')), {"bert"}),
        (ParamLeaf("optimizer", matches("adam w")), {"resnet"}),
        (ParamLeaf("lr", matches("0.1")), set()),
        (FieldLeaf(Field.NAME, matches("masked bert")), {"bert"}),
        (FieldLeaf(Field.DESCRIPTION, matches("warm*")), {"bert"}),
        (FieldLeaf(Field.EXPERIMENT, matches("language")), {"bert"}),
        (FieldLeaf(Field.EXPERIMENT, matches("trac*")), {"resnet", "plain"}),
    ],
)
async def test_matches_asks_the_words_of_one_value(
    database: Database, runs: dict[str, RunID], where: Filter, found: set[str]
) -> None:
    assert await find(database, where, runs) == found


def test_a_word_without_a_token_matches_nothing() -> None:
    assert not Term("&")
    assert TextLeaf(Term("a")) == TextLeaf(Term("a"))


def about(part: DatasetPart, value: str, role: Role | None = None) -> DatasetLeaf:
    return DatasetLeaf(part, Predicate(Operator.EQ, (value,)), role)


async def test_data_is_found_on_either_side_of_a_run(database: Database) -> None:
    lineage = Lineage(database)
    for name in NAMES:
        await lineage.run(name)
    await lineage.used(dataset("web@3"), "resnet", Role.TRAIN)
    await lineage.used(dataset("held-out@1"), "resnet", Role.TEST)
    await lineage.generated("bert", dataset("web@4"))
    sha = "abcdef0123456789abcdef0123456789abcdef01"
    async with database.write() as tx:
        code = {make_natural_key(NodeKind.CODE_REVISION, "repo", sha, None): {"repository": "repo", "commit": sha}}
        [made] = (await insert_nodes(tx, DEFAULT, NodeKind.CODE_REVISION, code, placeholder=False)).values()
        edge = Edge(
            workspace=DEFAULT, kind=EdgeKind.RAN_CODE, source=NodeKey(NodeKind.CODE_REVISION, made),
            target=NodeKey(NodeKind.RUN, lineage.runs["plain"]), run=lineage.runs["plain"],
        )  # fmt: skip
        await record_edges(tx, DEFAULT, {edge: Held(held_from=hour(0))})
    asked: dict[Filter, set[str]] = {
        about(DatasetPart.NAME, "web"): {"resnet", "bert"},
        about(DatasetPart.VERSION, "3"): {"resnet"},
        about(DatasetPart.NAME, "held-out"): {"resnet"},
        about(DatasetPart.NAME, "held-out", Role.TEST): {"resnet"},
        about(DatasetPart.NAME, "held-out", Role.TRAIN): set(),
        about(DatasetPart.NAME, "web", Role.TRAIN): {"resnet"},
        Not(about(DatasetPart.NAME, "web")): {"plain"},
        CommitLeaf(Predicate(Operator.EQ, (sha,))): {"plain"},
        CommitLeaf(Predicate(Operator.EXISTS, (True,))): {"plain"},
        EnvironmentLeaf(Predicate(Operator.EXISTS, (True,))): set(),
    }

    assert {where: await find(database, where, lineage.runs) for where in asked} == asked
