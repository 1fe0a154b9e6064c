"""Random documents and questions, all from few words, names and values that are near each other's borders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from domain.errors import DomainError
from domain.filters import (
    EVERYTHING,
    And,
    CommitLeaf,
    DatasetLeaf,
    DatasetPart,
    EnvironmentLeaf,
    Field,
    FieldLeaf,
    Filter,
    IdsLeaf,
    Not,
    ParamLeaf,
    Statistic,
    TagLeaf,
    TextLeaf,
    normalise,
)
from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.roles import Role
from domain.parameters import parse_parameter
from domain.predicates import Operator, Predicate
from domain.search.documents import DatasetUse, Dimensions, DocumentKind, DocumentText, SearchDocument, TextField
from domain.search.questions import DATES, KEYED, Dimension, Facet, Interval, RelevanceOrder, Scope, SearchQuestion
from domain.text.terms import Term
from tests.run_table.oracle import JSONText
from tests.run_table.questions import (
    KEYS,
    METRIC_VALUES,
    PARAM_VALUES,
    TEXTS,
    chains,
    conditions,
    directions,
    keys,
    leaves,
    orders,
    rarely,
)

WORDS = [
    *("val_loss", "val-loss", "valLoss", "loss", "val", "losses", "fine-tuning", "finetuning", "tuning", "3e-4", "0.1"),
    *(
        "GPU",
        "深層学習",
        "学習率",
        "модели",
        "größe",
        "v1.2.3",
        "v1.2",
        "ResNet50",
        "user's",
        "a/b/c",
        "happy",
        "happi",
    ),
    *("learning", "learned", "learning_rate", "rate", "out", "of", "memory", "CUDA_OUT_OF_MEMORY", "top-5", "🔥", "&"),
]
MOMENTS = [datetime(2025, 10, 26, 0, tzinfo=UTC) + timedelta(minutes=30 * n) for n in range(6)]
EXPERIMENTS = [(UUID(int=1 << 64), "alpha"), (UUID(int=2 << 64), "val loss")]
NAMES = ["fineweb", "fineweb10B", "s3://x"]
IDS = [UUID(int=n << 96 | n) for n in range(1, 9)]
ASKED_KINDS = [frozenset(DocumentKind), frozenset({DocumentKind.RUN}), frozenset({DocumentKind.NOTE})]
CASES = {True: 10_000, False: 300}
"""Questions that a property is asked in the long suite, and in the ordinary one."""

ASKED = 10
"""Questions of a world. To make one, write it and refresh the index takes as much CPU as seven questions take."""

ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata"]

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(" ".join)
moments = st.sampled_from(MOMENTS)
values = st.sampled_from([value for value in PARAM_VALUES if not isinstance(value, JSONText)]) | texts | st.just([1])
roles = st.sampled_from([None, *Role])
uses = st.builds(
    DatasetUse, st.just("s3://d"), st.sampled_from(NAMES), st.none() | st.sampled_from(["1", "2", "b"]), roles
)


@st.composite
def dimensions(draw: st.DrawFn, id_: UUID) -> Dimensions:
    experiment, name = draw(st.sampled_from(EXPERIMENTS))
    fields: dict[Field, Any] = {
        Field.RUN: id_,
        Field.CREATED_AT: draw(moments),
        Field.STARTED_AT: draw(moments),
        Field.ENDED_AT: draw(st.none() | moments),
        Field.STATUS: draw(st.sampled_from(["RUNNING", "FINISHED"])),
        Field.KIND: draw(st.sampled_from(["TRAIN", "GROUP"])),
        Field.NAME: draw(texts),
        Field.DESCRIPTION: draw(st.none() | texts | st.sampled_from(TEXTS)),
        Field.CREATED_BY: draw(st.none() | st.sampled_from(TEXTS)),
        Field.HOST: draw(st.none() | st.sampled_from(TEXTS)),
        Field.NUMBER: draw(st.integers(0, 4)),
        Field.PARENT: draw(st.none() | st.sampled_from(IDS)),
    }
    values = (
        st.sampled_from([value for value in PARAM_VALUES if not isinstance(value, JSONText)]) | texts | st.just([1])
    )
    given = draw(st.dictionaries(st.sampled_from(KEYS), values, max_size=3))
    numbers = st.sampled_from([*METRIC_VALUES, float("nan")])
    series = st.fixed_dictionaries(
        {Statistic.FIRST: numbers, Statistic.LAST: numbers, Statistic.COUNT: st.integers(1, 4)},
        optional=dict.fromkeys((Statistic.MIN, Statistic.MAX, Statistic.BEST), st.sampled_from(METRIC_VALUES)),
    )
    return Dimensions(
        id=id_,
        kind=NodeKind.RUN,
        experiment=experiment,
        experiment_name=name,
        fields={field: value for field, value in fields.items() if value is not None},
        params={key: parse_parameter(key, value) for key, value in given.items()},
        tags=draw(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(TEXTS) | texts, max_size=3)),
        metrics=draw(st.dictionaries(st.sampled_from(KEYS), series, max_size=3)),
        datasets=tuple(draw(st.lists(uses, max_size=3, unique=True))),
        commits=tuple(draw(st.lists(st.sampled_from(["abc1234", "def5678"]), max_size=2, unique=True))),
        environments=tuple(draw(st.lists(st.sampled_from(["sha256:a", "sha256:b"]), max_size=2, unique=True))),
    )


@st.composite
def worlds(draw: st.DrawFn) -> list[SearchDocument]:
    """A few runs, and notes on them, of a workspace that the test gives."""
    ids = draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=5, unique=True))
    runs = [_make_run(draw(dimensions(id_)), deleted=draw(rarely)) for id_ in ids]
    notes = [
        _make_note(
            number, draw(texts), draw(moments), draw(st.none() | st.sampled_from(TEXTS)), draw(st.sampled_from(runs))
        )
        for number in range(draw(st.integers(0, 6)))
    ]
    return [*runs, *notes]


def _make_run(about: Dimensions, *, deleted: bool) -> SearchDocument:
    fields: Any = about.fields
    named = [DocumentText(TextField.NAME, fields[Field.NAME])]
    named += [DocumentText(TextField.DESCRIPTION, text)] if (text := fields.get(Field.DESCRIPTION)) else []
    named += [DocumentText(TextField.TAG, value, key) for key, value in about.tags.items()]
    named += [DocumentText(TextField.TAG_KEY, key) for key in about.tags]
    return SearchDocument(
        workspace=WorkspaceID(UUID(int=0)),
        kind=DocumentKind.RUN,
        id=about.id,
        revision=1,
        deleted=deleted,
        texts=tuple(named),
        created_at=fields[Field.CREATED_AT],
        created_by=fields.get(Field.CREATED_BY),
        dimensions=about,
    )


def _make_note(number: int, text: str, at: datetime, by: str | None, on: SearchDocument) -> SearchDocument:
    return SearchDocument(
        workspace=on.workspace,
        kind=DocumentKind.NOTE,
        id=UUID(int=1 << 100 | number),
        revision=2,
        deleted=on.deleted,
        subject=NodeKey(NodeKind.RUN, on.id),
        texts=(DocumentText(TextField.TEXT, text),),
        created_at=at,
        created_by=by,
        dimensions=on.dimensions,
    )


def _make_term(words: Sequence[str], *, is_phrase: bool, cut: int) -> Filter:
    typed = " ".join(words)
    try:
        term = Term(typed[:cut] if cut else typed, is_phrase=is_phrase, is_open=bool(cut))
    except DomainError:
        term = Term("loss")
    return TextLeaf(term) if term else TextLeaf(Term("loss"))


words = st.builds(
    _make_term,
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=1),
    is_phrase=st.just(False),
    cut=st.integers(0, 5),
)
phrases = st.builds(
    _make_term, st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), is_phrase=st.just(True), cut=st.integers(0, 9)
)
matches = st.sampled_from(["loss", "val_loss", '"val loss"', "learn*", "rate of", "größe"]).map(
    lambda text: Predicate(Operator.MATCHES, (text,))
)
names = conditions([*NAMES, "1", "2", "b"])
all_leaves = st.one_of(
    words,
    phrases,
    leaves,
    leaves,
    st.builds(ParamLeaf, keys, matches),
    st.builds(TagLeaf, keys, matches),
    st.builds(FieldLeaf, st.sampled_from([Field.NAME, Field.DESCRIPTION, Field.EXPERIMENT]), matches),
    st.builds(DatasetLeaf, st.sampled_from(DatasetPart), names, roles),
    st.builds(CommitLeaf, conditions(["abc1234", "def5678", "x"])),
    st.builds(EnvironmentLeaf, conditions(["sha256:a", "sha256:b", "x"])),
)
trees = st.recursive(all_leaves, chains, max_leaves=6)
text_trees = st.just(EVERYTHING) | words | phrases | st.builds(lambda a, b: And((a, b)), words, words) | words.map(Not)


@st.composite
def facets(draw: st.DrawFn) -> Facet:
    dimension = draw(st.sampled_from(list(Dimension)))
    return Facet(
        dimension=dimension,
        key=draw(keys) if dimension in KEYED else None,
        interval=draw(st.sampled_from(list(Interval))) if dimension in DATES else None,
        time_zone=draw(st.sampled_from(ZONES)),
        own_filter=draw(st.booleans()),
        first=draw(st.sampled_from([1, 2, 50])),
    )


@st.composite
def questions(draw: st.DrawFn) -> SearchQuestion:
    keyed = draw(orders)
    scope = draw(st.none() | st.lists(st.sampled_from(IDS), max_size=5).map(lambda ids: Scope(IdsLeaf.of(ids))))
    return SearchQuestion(
        workspace=WorkspaceID(UUID(int=0)),
        text=normalise(draw(text_trees)),
        where=normalise(draw(trees)),
        kinds=draw(
            st.sampled_from([frozenset(DocumentKind), frozenset({DocumentKind.RUN}), frozenset({DocumentKind.NOTE})])
        ),
        scope=scope,
        facets=tuple(draw(st.lists(facets(), max_size=4))),
        orders=tuple(keyed) or (RelevanceOrder(draw(directions)),) * draw(st.booleans()),
        hidden=frozenset(draw(st.sets(st.sampled_from([one for one, _ in EXPERIMENTS]), max_size=1)))
        if draw(rarely)
        else frozenset(),
        first=draw(st.sampled_from([0, 1, 3, 50])),
    )
