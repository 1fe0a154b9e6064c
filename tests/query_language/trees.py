"""Filters for tests: any that the typed tree can say, drawn at random, and a place to read texts in."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import strategies as st

from domain.errors import DomainError
from domain.filters import (
    MATCHED_FIELDS,
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
    IDRef,
    NodeRef,
    RunRef,
    make_commit_ref,
    make_dataset_ref,
    make_digest_ref,
    make_foreign_ref,
    make_model_ref,
    make_uri_ref,
)
from domain.runs import RunKind, RunStatus
from domain.text.terms import Term
from search.language import parse_query

NOW = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
WORKSPACE = WorkspaceID(UUID("01980000-0000-7000-8000-0000000000ff"))

_CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0")
_WORDS = [
    "and",
    "NOT",
    "true",
    "nan",
    "now",
    "-7d",
    "3e-4",
    "x/y.z",
    "10:00",
    "learnïng",
    "val-loss",
    "param.x",
    "last(",
]
_AWKWARD = [
    *_WORDS,
    "a b",
    'say "so"',
    "it's",
    "back\\slash",
    "(",
    "\n",
    "\u2028",
    "01980000-0000-7000-8000-00000000abcd",
]

texts = st.one_of(
    st.text(_CHARACTERS, max_size=12), st.sampled_from(_AWKWARD), st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
)
keys = texts.filter(lambda key: bool(key) and not key.isspace())
numbers = st.one_of(
    st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.sampled_from([math.nan, 10**308, 2**53 + 1])
)
scalars: st.SearchStrategy[Value] = st.one_of(texts, numbers, st.booleans())
times = st.datetimes(timezones=st.just(UTC))


def conditions(values: st.SearchStrategy[Value], *, is_ordered: bool = True) -> st.SearchStrategy[Predicate]:
    """Give predicates over some values: each of its operators, if they have an order all ten."""
    single = [Operator.EQ, Operator.NE]
    if is_ordered:
        single += [Operator.LT, Operator.LTE, Operator.GT, Operator.GTE]
    made = [
        st.builds(lambda operator, value: Predicate(operator, (value,)), st.sampled_from(single), values),
        st.builds(lambda many: Predicate(Operator.IN, tuple(many)), st.lists(values, max_size=4)),
        st.builds(lambda there: Predicate(Operator.EXISTS, (there,)), st.booleans()),
    ]
    if is_ordered:
        made.append(st.builds(lambda low, high: Predicate(Operator.BETWEEN, (low, high)), values, values))
    return st.one_of(made)


_params = st.one_of(
    conditions(texts),
    conditions(numbers),
    conditions(st.booleans()),
    st.builds(lambda many: Predicate(Operator.IN, tuple(many)), st.lists(scalars, max_size=4)),
)
_CONDITIONS: dict[Field, st.SearchStrategy[Predicate]] = {
    Field.STATUS: conditions(st.sampled_from([str(one) for one in RunStatus]), is_ordered=False),
    Field.KIND: conditions(st.sampled_from([str(one) for one in RunKind]), is_ordered=False),
    Field.NUMBER: conditions(st.integers(-(2**63), 2**63 - 1)),
    Field.RUN: conditions(st.uuids(), is_ordered=False),
    Field.PARENT: conditions(st.uuids(), is_ordered=False),
    Field.ATTEMPT: conditions(st.uuids(), is_ordered=False),
    Field.EXPERIMENT: st.one_of(conditions(texts), conditions(st.one_of(texts, st.uuids()), is_ordered=False)),
    Field.CREATED_AT: conditions(times),
    Field.STARTED_AT: conditions(times),
    Field.ENDED_AT: conditions(times),
}
_WORDS_TO_MATCH = st.sampled_from(["loss", '"loss spike" warm*', "lr=0.001 and", "don't", "(a) 学習率", "a&b"])
_matches = st.builds(lambda text: Predicate(Operator.MATCHES, (text,)), _WORDS_TO_MATCH)
_fields = st.sampled_from(list(Field)).flatmap(
    lambda field: st.builds(lambda condition: FieldLeaf(field, condition), _CONDITIONS.get(field, conditions(texts)))
)
_typed = st.one_of(
    st.sampled_from(["loss", "val_loss", "user's", "not", "lr=0.001", "param.x", "3e-4", "深層学習", "matches"]),
    st.from_regex(r"[a-zé'=(.]{2,8}", fullmatch=True),
)


def _make_term(typed: str, is_phrase: bool, is_open: bool) -> Term | None:
    """Return a term that could have been typed, None for what cannot."""
    if not is_phrase and typed[:1] in ("(", ")"):
        return None
    try:
        return Term(typed, is_phrase=is_phrase, is_open=is_open) or None
    except DomainError:
        return None


_terms = st.one_of(
    st.builds(_make_term, _typed, st.just(False), st.booleans()),
    st.builds(_make_term, texts.filter(lambda text: "*" not in text), st.just(True), st.booleans()),
).filter(bool)
_names = st.sampled_from(["gpt2", "a b", "and", "x/y", 'say "so"'])
_references: st.SearchStrategy[NodeRef] = st.one_of(
    st.builds(lambda uuid: RunRef(RunID(uuid)), st.uuids()),
    st.builds(lambda kind, uuid: IDRef(GlobalID(kind, WORKSPACE, uuid)), st.sampled_from(NodeKind), st.uuids()),
    st.sampled_from(
        [make_uri_ref("s3://bucket/a b"), make_digest_ref(f"sha256:{'0f' * 32}"), make_commit_ref("abc1234", None)]
    ),
    st.builds(lambda name: make_commit_ref("abc1234", name), _names),
    st.builds(lambda name, version: make_dataset_ref("s3://data", name, version), _names, st.none() | _names),
    st.builds(
        lambda name, version, registry: make_model_ref(name, version=version, registry=registry),
        *(_names, st.none() | _names, st.none() | _names),
    ),
    st.builds(lambda name, alias: make_model_ref(name, alias=alias), _names, _names),
    st.builds(lambda name: make_foreign_ref("MLFLOW", "run", "", name), _names),
)
leaves: st.SearchStrategy[Filter] = st.one_of(
    _fields,
    st.builds(FieldLeaf, st.sampled_from(sorted(MATCHED_FIELDS)), _matches),
    st.builds(MetricLeaf, keys, st.sampled_from(Statistic), conditions(numbers)),
    st.builds(ParamLeaf, keys, st.one_of(_params, _matches)),
    st.builds(TagLeaf, keys, st.one_of(conditions(texts), _matches)),
    st.builds(
        DatasetLeaf, st.sampled_from(DatasetPart), conditions(texts), st.sampled_from([None, Role.TRAIN, Role.TEST])
    ),
    st.builds(CommitLeaf, conditions(texts)),
    st.builds(EnvironmentLeaf, conditions(texts)),
    st.builds(TextLeaf, _terms),
    st.builds(
        lambda relation, of, depth: LineageLeaf(relation, tuple(of), depth),
        st.sampled_from(Relation),
        st.lists(_references, min_size=1, max_size=3),
        st.none() | st.integers(1, 1000),
    ),
)
trees: st.SearchStrategy[Filter] = st.recursive(
    leaves,
    lambda below: st.one_of(
        st.builds(lambda items: And(tuple(items)), st.lists(below, max_size=3)),
        st.builds(lambda items: Or(tuple(items)), st.lists(below, max_size=3)),
        st.builds(Not, below),
    ),
    max_leaves=12,
)


def read(text: str) -> Filter:
    """Return what a text means at ten thirty of a day in November."""
    return parse_query(text, now=NOW, workspace=WORKSPACE)
