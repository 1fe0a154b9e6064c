"""What texts mean: each is the filter that the typed tree gives for the same meaning."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from uuid import UUID

import pytest

from api.filters.conditions import NumberCondition, TextCondition, ValueCondition
from api.filters.inputs import FilterInput, MetricFilter, ParamFilter, TagFilter, read_filter
from domain.errors import NotFound
from domain.filters import (
    EVERYTHING,
    NOTHING,
    And,
    CommitLeaf,
    DatasetLeaf,
    DatasetPart,
    EnvironmentLeaf,
    Field,
    FieldLeaf,
    Filter,
    LineageLeaf,
    MetricLeaf,
    Not,
    Or,
    ParamLeaf,
    Relation,
    Statistic,
    TagLeaf,
    TextLeaf,
)
from domain.ids import GlobalID, NodeKind, RunID, WorkspaceID
from domain.lineage.roles import Role
from domain.predicates import Operator, Predicate, Value
from domain.references import (
    CommitRef,
    DatasetRef,
    DigestRef,
    ForeignRef,
    IDRef,
    ModelRef,
    NodeRef,
    RunRef,
    URIRef,
)
from domain.text.terms import Term
from tests.query_language.trees import NOW, WORKSPACE, read

SOME = UUID("01980000-0000-7000-8000-00000000abcd")
EXISTS = Predicate(Operator.EXISTS, (True,))
A, B, C = (ParamLeaf(key, EXISTS) for key in "abc")


def param(operator: Operator, *values: Value) -> Filter:
    return ParamLeaf("x", Predicate(operator, values))


def field(field: Field, operator: Operator, *values: Value) -> Filter:
    return FieldLeaf(field, Predicate(operator, values))


def test_the_example_of_the_surface_is_the_typed_tree_of_the_same_meaning() -> None:
    text = (
        "experiment = track_1_short and last(val_loss) < 3.28 and not tag.state = broken "
        "and param.lr between 0.01 and 0.1"
    )
    typed = FilterInput(
        and_=[
            FilterInput(experiment=TextCondition(eq="track_1_short")),
            FilterInput(metric=MetricFilter(key="val_loss", of=Statistic.LAST, is_=NumberCondition(lt=3.28))),
            FilterInput(not_=FilterInput(tag=TagFilter(key="state", is_=ValueCondition(eq="broken")))),
            FilterInput(param=ParamFilter(key="lr", is_=ValueCondition(between=[0.01, 0.1]))),
        ]
    )

    assert read(text) == read_filter(typed, WORKSPACE)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", EVERYTHING),
        (" \n\t ", EVERYTHING),
        ("true", EVERYTHING),
        ("FALSE", NOTHING),
        ("param.a exists or param.b exists and not param.c exists", Or((A, And((B, Not(C)))))),
        ("(param.a exists or param.b exists) and param.c exists", And((Or((A, B)), C))),
        ("param.a EXISTS And ((param.b exists AND param.c exists))", And((A, B, C))),
        ("not not param.a exists", A),
        ("not(param.a exists or param.b exists)", Not(Or((A, B)))),
        ("param.x=1", param(Operator.EQ, 1)),
        ("param.x != 1.5e-3", param(Operator.NE, 0.0015)),
        ("param.x<-1", param(Operator.LT, -1)),
        ("param.x <= +.5", param(Operator.LTE, 0.5)),
        ("param.x > true", param(Operator.GT, True)),
        ("param.x >= 9007199254740993", param(Operator.GTE, 2**53 + 1)),
        ("param.x between a and b", param(Operator.BETWEEN, "a", "b")),
        ('param.x in (1, "1", one, False)', param(Operator.IN, 1, "1", "one", False)),
        ("param.x in ()", param(Operator.IN)),
        ("param.x = NaN", param(Operator.EQ, math.nan)),
        ("param.x < -inf", param(Operator.LT, -math.inf)),
        ("param.x = s3://bucket/a-b_c.pt", param(Operator.EQ, "s3://bucket/a-b_c.pt")),
        ("param.x = 2026-11-23", param(Operator.EQ, "2026-11-23")),
        ("param.x = tag.y", param(Operator.EQ, "tag.y")),
        ("param.x = 'it\\'s \\u00e9 \"quoted\"'", param(Operator.EQ, 'it\'s é "quoted"')),
        ("param.x = 学習率", param(Operator.EQ, "学習率")),
    ],
)
def test_structure_and_parameters(text: str, tree: Filter) -> None:
    assert read(text) == tree


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("param.optimizer.lr exists", "optimizer.lr"),
        ("PARAM.train/lr-max exists", "train/lr-max"),
        ('param."learning rate" exists', "learning rate"),
        ("param.'say \"so\"' exists", 'say "so"'),
        ('param."a\\"b)" exists', 'a"b)'),
        ("param.学習率 exists", "学習率"),
        ("param.and exists", "and"),
        ("param.3 exists", "3"),
    ],
)
def test_keys_are_bare_as_far_as_a_word_goes_or_in_quotes(text: str, key: str) -> None:
    assert read(text) == ParamLeaf(key, EXISTS)


@pytest.mark.parametrize("of", Statistic)
def test_each_function_asks_for_its_number(of: Statistic) -> None:
    tree = MetricLeaf("val/loss-1", of, Predicate(Operator.LTE, (3,)))

    assert read(f"{of.lower()}(val/loss-1) <= 3") == tree
    assert read(f'{of}( "val/loss-1" )<=3') == tree


def test_a_metric_without_a_function_is_its_last_value() -> None:
    assert read("metric.val_loss > 3") == MetricLeaf("val_loss", Statistic.LAST, Predicate(Operator.GT, (3,)))
    assert read("last(param.x) exists") == MetricLeaf("param.x", Statistic.LAST, EXISTS)


@pytest.mark.parametrize(
    ("written", "text"), [("3", "3"), ("3e-4", "3e-4"), ("true", "true"), ('"3 "', "3 "), ("nan", "nan")]
)
def test_a_tag_is_compared_with_the_text_as_it_is_typed(written: str, text: str) -> None:
    assert read(f"tag.fold = {written}") == TagLeaf("fold", Predicate(Operator.EQ, (text,)))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("name = 3", field(Field.NAME, Operator.EQ, "3")),
        ("description exists", FieldLeaf(Field.DESCRIPTION, EXISTS)),
        ("createdBy = ana", field(Field.CREATED_BY, Operator.EQ, "ana")),
        ("created_by != ana", field(Field.CREATED_BY, Operator.NE, "ana")),
        ("HOST between a and c", field(Field.HOST, Operator.BETWEEN, "a", "c")),
        ("number in (1, 2)", field(Field.NUMBER, Operator.IN, 1, 2)),
        ("status = running", field(Field.STATUS, Operator.EQ, "RUNNING")),
        ("status in (Failed, 'killed')", field(Field.STATUS, Operator.IN, "FAILED", "KILLED")),
        ("kind != train", field(Field.KIND, Operator.NE, "TRAIN")),
        (f"run = {SOME}", field(Field.RUN, Operator.EQ, SOME)),
        (f"parent = {GlobalID(NodeKind.RUN, WORKSPACE, SOME)}", field(Field.PARENT, Operator.EQ, SOME)),
        (f"attempt in ({SOME.hex})", field(Field.ATTEMPT, Operator.IN, SOME)),
        ("experiment < b", field(Field.EXPERIMENT, Operator.LT, "b")),
        (f"experiment = {SOME}", field(Field.EXPERIMENT, Operator.EQ, SOME)),
        (f"experiment = '{SOME}'", field(Field.EXPERIMENT, Operator.EQ, str(SOME))),
        (f"experiment in ({GlobalID(NodeKind.EXPERIMENT, WORKSPACE, SOME)}, a)",
         field(Field.EXPERIMENT, Operator.IN, SOME, "a")),
    ],
)  # fmt: skip
def test_fields_of_a_run(text: str, tree: Filter) -> None:
    assert read(text) == tree


def test_an_id_of_another_workspace_is_not_found() -> None:
    other = GlobalID(NodeKind.RUN, WorkspaceID(SOME), SOME)

    with pytest.raises(NotFound, match="line 1, column 7: no RUN"):
        read(f"run = {other}")


DAY, END = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 23, 23, 59, 59, 999000, UTC)
MOMENT = datetime(2026, 11, 23, 9, 0, 0, 500000, UTC)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("created = 2026-11-23T10:00:00.5+01:00", field(Field.CREATED_AT, Operator.EQ, MOMENT)),
        ('createdAt >= "2026-11-23 09:00:00.5z"', field(Field.CREATED_AT, Operator.GTE, MOMENT)),
        ("started_at = 2026-11-23", field(Field.STARTED_AT, Operator.BETWEEN, DAY, END)),
        ("ended != 2026-11-23",
         Or((field(Field.ENDED_AT, Operator.LT, DAY), field(Field.ENDED_AT, Operator.GT, END)))),
        ("created < 2026-11-23", field(Field.CREATED_AT, Operator.LT, DAY)),
        ("created <= 2026-11-23", field(Field.CREATED_AT, Operator.LTE, END)),
        ("created > 2026-11-23", field(Field.CREATED_AT, Operator.GT, END)),
        ("created >= 2026-11-23", field(Field.CREATED_AT, Operator.GTE, DAY)),
        ("created between 2026-11-23 and 2026-11-23", field(Field.CREATED_AT, Operator.BETWEEN, DAY, END)),
        ("created between 2026-11-23 and now", field(Field.CREATED_AT, Operator.BETWEEN, DAY, NOW)),
        ("created in (now)", field(Field.CREATED_AT, Operator.IN, NOW)),
        ("created in ()", field(Field.CREATED_AT, Operator.IN)),
        ("created in (2026-11-23)", field(Field.CREATED_AT, Operator.BETWEEN, DAY, END)),
        ("created in (2026-11-23, NOW)",
         Or((field(Field.CREATED_AT, Operator.BETWEEN, DAY, END), field(Field.CREATED_AT, Operator.IN, NOW)))),
        ("created > 9999-12-31",
         field(Field.CREATED_AT, Operator.GT, datetime(9999, 12, 31, 23, 59, 59, 999000, UTC))),
        ("created > -90s", field(Field.CREATED_AT, Operator.GT, datetime(2026, 11, 23, 10, 28, 30, tzinfo=UTC))),
        ("created > -90m", field(Field.CREATED_AT, Operator.GT, datetime(2026, 11, 23, 9, tzinfo=UTC))),
        ("created > -36h", field(Field.CREATED_AT, Operator.GT, datetime(2026, 11, 21, 22, 30, tzinfo=UTC))),
        ("created > -7d", field(Field.CREATED_AT, Operator.GT, datetime(2026, 11, 16, 10, 30, tzinfo=UTC))),
        ("created > -2W", field(Field.CREATED_AT, Operator.GT, datetime(2026, 11, 9, 10, 30, tzinfo=UTC))),
    ],
)  # fmt: skip
def test_times(text: str, tree: Filter) -> None:
    assert read(text) == tree


def look_for(typed: str, *, is_phrase: bool = False, is_open: bool = False) -> Filter:
    return TextLeaf(Term(typed, is_phrase=is_phrase, is_open=is_open))


LOSS, SPIKE, WARM = map(look_for, ("loss", "spike", "warm"))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("loss", LOSS),
        ("loss spike warm", And((LOSS, SPIKE, WARM))),
        ("loss and spike", And((LOSS, SPIKE))),
        ("loss spike or warm", Or((And((LOSS, SPIKE)), WARM))),
        ("loss (spike or warm)", And((LOSS, Or((SPIKE, WARM))))),
        ("loss not spike warm", And((LOSS, Not(SPIKE), WARM))),
        ('"loss spike" warm', And((look_for("loss spike", is_phrase=True), WARM))),
        ("'loss spike'", look_for("loss spike", is_phrase=True)),
        ("warm*", look_for("warm", is_open=True)),
        ('"loss sp"*', look_for("loss sp", is_phrase=True, is_open=True)),
        ('"loss sp*"', look_for("loss sp", is_phrase=True, is_open=True)),
        ("user's & gpu -", And((look_for("user's"), look_for("gpu")))),
        ("loss & or spike", Or((LOSS, SPIKE))),
        ('text matches "loss spike"', And((LOSS, SPIKE))),
        ('text matches "and lr=1"', And((look_for("and"), look_for("lr=1")))),
        ("loss and param.x = 1", And((LOSS, param(Operator.EQ, 1)))),
        ("param.x matches adam", param(Operator.MATCHES, "adam")),
        ('tag.note matches "loss sp*"', TagLeaf("note", Predicate(Operator.MATCHES, ("loss sp*",)))),
        ("name matches seed", field(Field.NAME, Operator.MATCHES, "seed")),
    ],
)
def test_words_and_phrases(text: str, tree: Filter) -> None:
    assert read(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("run.name = a", field(Field.NAME, Operator.EQ, "a")),
        ("RUN.created_by = ana", field(Field.CREATED_BY, Operator.EQ, "ana")),
        ("owner = ana", field(Field.OWNER, Operator.EQ, "ana")),
        ("dataset = fineweb", DatasetLeaf(DatasetPart.NAME, Predicate(Operator.EQ, ("fineweb",)))),
        ("dataset.version in (3, 4)", DatasetLeaf(DatasetPart.VERSION, Predicate(Operator.IN, ("3", "4")))),
        ("dataset.train.name exists", DatasetLeaf(DatasetPart.NAME, EXISTS, Role.TRAIN)),
        ("code.commit = abc1234", CommitLeaf(Predicate(Operator.EQ, ("abc1234",)))),
        ("commit >= a", CommitLeaf(Predicate(Operator.GTE, ("a",)))),
        ("environment != b", EnvironmentLeaf(Predicate(Operator.NE, ("b",)))),
        ("environment.digest exists", EnvironmentLeaf(EXISTS)),
    ],
)
def test_namespaces_of_runs_data_code_and_environment(text: str, tree: Filter) -> None:
    assert read(text) == tree


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        (str(SOME), RunRef(RunID(SOME))),
        (str(GlobalID(NodeKind.MODEL, WORKSPACE, SOME)), IDRef(GlobalID(NodeKind.MODEL, WORKSPACE, SOME))),
        ("S3://bucket/x", URIRef("s3://bucket/x")),
        (f"sha256:{'AB' * 32}", DigestRef(f"sha256:{'ab' * 32}")),
        ("commit(ABC1234, 'git@host:repo')", CommitRef("git@host:repo", "abc1234")),
        ("dataset('s3://data', fineweb, 3)", DatasetRef("s3://data", "fineweb", "3")),
        ("model(gpt2)", ModelRef("whence", "gpt2")),
        ("model(gpt2, 7, mlflow)", ModelRef("mlflow", "gpt2", "7")),
        ("alias(gpt2, production)", ModelRef("whence", "gpt2", alias="production")),
        ("foreign(MLFLOW, run, '', abc)", ForeignRef("MLFLOW", "run", "", "abc")),
    ],
)
def test_references_of_lineage(text: str, reference: NodeRef) -> None:
    assert read(f"descendant_of({text})") == LineageLeaf(Relation.DESCENDANT_OF, (reference,))
    assert read(f"loss and AncestorOf({text}, depth(3))") == And(
        (LOSS, LineageLeaf(Relation.ANCESTOR_OF, (reference,), 3))
    )
