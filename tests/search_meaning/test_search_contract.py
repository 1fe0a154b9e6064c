"""What every index answers alike, by hand: words, scopes, orders, names, and nothing of another workspace."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from domain.errors import DomainError
from domain.filters import EVERYTHING, IdsLeaf, Statistic, normalise
from domain.ids import NodeKey, NodeKind, NoteID, RunID, WorkspaceID, make_uuid7
from domain.orders import Direction, Order, ParamOrder, TagOrder
from domain.search.aggregates import AggregateQuestion, Function, Measure
from domain.search.answers import Reason, SuggestionKind
from domain.search.documents import DocumentKind
from domain.search.questions import By, Dimension, Facet, Scope, SearchQuestion
from domain.text.parsing import parse_text
from domain.times import make_now
from search.language import parse_query
from search.search_index import SearchIndex
from store.database import Database
from store.notes import add_note
from tests.search_meaning.conftest import Fill
from tests.store.making import make_run, make_workspace

NOTES = {
    "English": "The learning rates were learned; val_loss spiked at step 3e-4 of v1.2.3.",
    "German": "Die Größe der Stapel wurde verdoppelt, Maßstab GRÖSSE.",
    "Russian": "Скорость обучения модели была слишком высокой.",
    "Chinese": "深度学习模型的学习率太高了",
    "Japanese": "学習率を下げたら損失が下がった。ニューラルネットワーク",
    "emoji": "training is on 🔥🔥 again 👩‍🔬",
    "path": "see s3://bucket/run-7/model.pt and configs/train_gpt2.yaml",
    "code": "CUDA_OUT_OF_MEMORY in ResNet50.forward(); fine-tuning user's lr=0.001",
    "phrase": "loss spike after warm-up; the spike of the loss came back",
    "long": "start " + "filler words " * 9000 + "needle end",
}


@dataclass(frozen=True, slots=True)
class Filled:
    """An index with one workspace's documents, and what they are called."""

    index: SearchIndex
    workspace: WorkspaceID
    names: dict[UUID, str]
    runs: dict[str, RunID]

    def ask(self, text: str | None = None, query: str | None = None, **more: Any) -> SearchQuestion:
        where = EVERYTHING if query is None else parse_query(query, now=make_now(), workspace=self.workspace)
        words = EVERYTHING if text is None else parse_text(text)
        question = SearchQuestion(workspace=self.workspace, text=words, where=normalise(where), first=50)
        return replace(question, **more)

    async def find(self, *asked: Any, **more: Any) -> set[str]:
        """Return the names of the notes that are found."""
        question = self.ask(*asked, **{"kinds": frozenset({DocumentKind.NOTE}), **more})
        return {self.names[hit.key.uuid] for hit in (await self.index.search(question)).hits}

    async def list_runs(self, orders: Sequence[Order]) -> list[str]:
        question = self.ask(kinds=frozenset({DocumentKind.RUN}), orders=tuple(orders))
        return [self.names[hit.key.uuid] for hit in (await self.index.search(question)).hits]


@pytest.fixture
async def filled(record: Database, fill: Fill) -> Filled:
    """Ten runs with a note each, in one workspace; another has the same words."""
    workspace, other = [await make_workspace(record, f"contract-{uuid.uuid4()}") for _ in range(2)]
    names: dict[UUID, str] = {}
    runs: dict[str, RunID] = {}
    for number, (name, text) in enumerate(NOTES.items()):
        tags = {"state": "broken" if number % 2 else "good"} if number % 3 else {}
        runs[name] = await make_run(
            record,
            workspace=workspace,
            name=f"{name} run",
            params={"lr": number / 10, "optimizer": "adam_w"},
            tags=tags,
        )
        names |= {runs[name]: name}
        note = NoteID(make_uuid7())
        async with record.write() as tx:
            await add_note(tx, workspace, NodeKey(NodeKind.RUN, runs[name]), text, id=note)
        names[note] = name
    strange = await make_run(record, workspace=other, name="learning elsewhere", params={"elsewhere_rate": 1})
    async with record.write() as tx:
        note = NoteID(make_uuid7())
        await add_note(tx, other, NodeKey(NodeKind.RUN, strange), "learning xylophone", id=note)
    return Filled(await fill(workspace, other), workspace, names, runs)


WORDS = {
    "learning rate": {"English"},
    "learn": {"English"},
    "rates": {"English"},
    "valLoss": {"English"},
    "val-loss": {"English"},
    "VAL_LOSS": {"English"},
    "v1.2": {"English"},
    "1.2.3": {"English"},
    "größe": {"German"},
    "GROSSE": {"German"},
    "grösse": {"German"},
    "maßstab": {"German"},
    "massstab": {"German"},
    "обучения": {"Russian"},
    "СКОРОСТЬ": {"Russian"},
    "学习": {"Chinese"},
    "学習": {"Japanese"},
    "学習率": {"Japanese"},
    "模型": {"Chinese"},
    "ニューラル": {"Japanese"},
    "🔥": {"emoji"},
    "model.pt": {"path"},
    "train_gpt2": {"path"},
    "s3://bucket/run-7": {"path"},
    "out of memory": {"code"},
    "CUDA_OUT_OF_MEMORY": {"code"},
    "resnet50": {"code"},
    "resnet": {"code"},
    "resnet*": {"code"},
    "finetuning": {"code"},
    "lr=0.001": {"code"},
    '"loss spike"': {"phrase"},
    '"spike loss"': set(),
    "spike loss": {"English", "phrase"},
    "warmup": {"phrase"},
    "spik*": {"English", "phrase"},
    '"of the lo"*': {"phrase"},
    "spike -loss": {"English", "phrase"},
    "spike not val_loss": {"phrase"},
    "learning or 🔥": {"English", "emoji"},
    "(学習 or 学习) not 模型": {"Japanese"},
    "needle": {"long"},
    "start needle": {"long"},
    '"needle end"': {"long"},
    "nothing": set(),
}  # fmt: skip


async def test_words_of_many_languages_are_found_as_typed_and_by_their_parts(filled: Filled) -> None:
    found = {text: await filled.find(text) for text in WORDS}

    assert {text: names for text, names in found.items() if names != WORDS[text]} == {}


async def test_notes_have_the_dimensions_of_their_runs_and_the_language_asks_them(filled: Filled) -> None:
    unbroken = await filled.find(None, "param.lr between 0.2 and 0.4 and not tag.state = broken")

    assert unbroken == {"Russian", "Chinese", "Japanese"}
    assert await filled.find("loss", "param.optimizer matches adam and tag.state exists") == {"phrase"}
    assert await filled.find(None, "name matches emoji or (loss and param.lr = 0)") == {"emoji", "English"}


async def test_a_scope_holds_runs_and_what_is_written_about_them_also_of_a_hundred_thousand_ids(filled: Filled) -> None:
    two = [filled.runs["English"], filled.runs["phrase"]]
    many = [*two, *(UUID(int=n) for n in range(100_000))]
    for ids in (two, many):
        for scope in (Scope(IdsLeaf.of(ids)), Scope(IdsLeaf.of(ids), is_cut=True)):
            answer = await filled.index.search(filled.ask(scope=scope))

            assert {filled.names[hit.key.uuid] for hit in answer.hits} == {"English", "phrase"}
            assert answer.total.value == 4
            assert answer.completeness.reasons == ((Reason.SCOPE_CUT,) if scope.is_cut else ())
    nothing = await filled.index.search(filled.ask(scope=Scope(IdsLeaf(()))))
    assert nothing.total.value == 0


async def test_orders_put_the_missing_last_in_both_directions(filled: Filled) -> None:
    up = await filled.list_runs([TagOrder("state"), ParamOrder("lr")])
    down = await filled.list_runs([TagOrder("state", Direction.DESC), ParamOrder("lr", Direction.DESC)])

    assert up == ["German", "emoji", "code", "Russian", "Japanese", "phrase", "English", "Chinese", "path", "long"]
    assert down == ["phrase", "Japanese", "Russian", "code", "emoji", "German", "long", "path", "Chinese", "English"]


async def test_facets_count_all_hits_with_other_and_missing(filled: Filled) -> None:
    facets = (
        Facet(dimension=Dimension.TAG, key="state"),
        Facet(dimension=Dimension.PARAM, key="lr", first=3),
        Facet(dimension=Dimension.KIND),
    )
    answer = await filled.index.search(filled.ask(query="tag.state = good", facets=facets, first=0))
    counted = [
        ([(one.value, one.count) for one in facet.buckets], facet.other, facet.missing, facet.exact)
        for facet in answer.facets
    ]

    assert answer.total.value == 6
    assert counted == [
        ([("broken", 6), ("good", 6)], 0, 9, True),
        ([(0.2, 2), (0.4, 2), (0.8, 2)], 0, 0, True),
        ([("NOTE", 3), ("TRAIN", 3)], 0, 0, True),
    ]


async def test_names_are_suggested_and_words_corrected_of_this_workspace_alone(filled: Filled) -> None:
    index, workspace = filled.index, filled.workspace
    keys = await index.suggest(workspace, "optimzer", [SuggestionKind.PARAM_KEY], first=5)
    values = await index.suggest(workspace, "goo", [SuggestionKind.TAG_VALUE], first=5)
    strange = await index.suggest(workspace, "elsewhere", list(SuggestionKind), first=5)
    corrected = await index.correct(workspace, "lerning spyke")
    known = await index.correct(workspace, "learning spike")
    foreign = await index.correct(workspace, "xylophon")

    assert [(one.text, one.count) for one in keys] == [("optimizer", 10)]
    assert [(one.text, one.count) for one in values] == [("good", 3)]
    assert (strange, corrected, known, foreign) == ([], "learning spike", None, None)


TYPOS = {
    "lerning_rate": "learning_rate",
    "learnign_rate": "learning_rate",
    "batchsize": "batch_size",
    "warmpu": "warmup",
    "schedular": "scheduler",
    "momentun": "momentum",
    "weigth_decay": "weight_decay",
    "wieght_decay": "weight_decay",
    "gradeint_clip": "gradient_clip",
    "epcohs": "epochs",
    "droput": "dropout",
    "tempature": "temperature",
    "optimzer": "optimizer",
    "betas.0.": "betas.0",
    "NumLayers": "num_layers",
    "hiden_size": "hidden_size",
}


async def test_the_first_suggestion_for_a_typo_is_what_was_meant(record: Database, fill: Fill) -> None:
    workspace = await make_workspace(record, f"typos-{uuid.uuid4()}")
    await make_run(record, workspace=workspace, name="run", params=dict.fromkeys([*TYPOS.values(), "beta", "seed"], 1))
    index = await fill(workspace)
    found = {typo: await index.suggest(workspace, typo, [SuggestionKind.PARAM_KEY], first=1) for typo in TYPOS}

    assert {typo: meant for typo, meant in TYPOS.items() if [one.text for one in found[typo]] != [meant]} == {}


async def test_nothing_reaches_into_another_workspace(filled: Filled) -> None:
    elsewhere = WorkspaceID(uuid.uuid4())
    for text in ("learning", None):
        question = replace(filled.ask(text), workspace=elsewhere)
        assert (await filled.index.search(question)).total.value == 0
    assert await filled.find("xylophone") == set()
    assert await filled.index.suggest(elsewhere, "optimizer", list(SuggestionKind), first=5) == []
    assert await filled.index.correct(elsewhere, "lerning") is None


async def test_a_cursor_of_another_question_is_refused_and_one_of_walked_ids_goes_on(filled: Filled) -> None:
    ids = IdsLeaf.of([filled.runs["English"], filled.runs["phrase"]])
    question = filled.ask(scope=Scope(ids), lineage="below x", first=1, orders=(ParamOrder("lr"),))
    cursor = (await filled.index.search(question)).hits[-1].cursor
    wider = IdsLeaf.of([*ids.ids, filled.runs["emoji"]])
    rest = await filled.index.search(replace(question, scope=Scope(wider), after=cursor, first=50))

    assert len(rest.hits) == 5
    for other in (
        replace(question, lineage="below y", after=cursor),
        replace(question, text=parse_text("loss"), after=cursor),
        replace(question, orders=(), after=cursor),
        replace(question, after="x"),
    ):
        with pytest.raises(DomainError, match="cursor"):
            await filled.index.search(other)


async def test_runs_are_grouped_and_measured(filled: Filled) -> None:
    measures = (Measure("val_loss", Statistic.LAST, (Function.COUNT, Function.MEAN)),)
    question = AggregateQuestion(
        workspace=filled.workspace, by=(By(dimension=Dimension.TAG, key="state"),), measures=measures
    )
    try:
        answer = await filled.index.aggregate(question)
    except DomainError as exc:
        assert exc.code == "UNAVAILABLE"  # noqa: PT017  # Elasticsearch leaves aggregates to the record
        return

    assert [(group.keys[0].value, group.count) for group in answer.groups] == [(None, 4), ("broken", 3), ("good", 3)]
    assert {(one.function, one.value, one.missing) for group in answer.groups for one in group.measures} == {
        (Function.COUNT, 0, 4), (Function.MEAN, None, 4), (Function.COUNT, 0, 3), (Function.MEAN, None, 3),
    }  # fmt: skip
