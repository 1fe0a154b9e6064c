"""What a leaf asks about: a number of a metric, a parameter, a tag, or a field of the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

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
    Leaf,
    MetricLeaf,
    ParamLeaf,
    Statistic,
    TagLeaf,
    TextLeaf,
)
from domain.ids import WorkspaceID
from domain.lineage.roles import Role
from domain.predicates import Operator, Predicate
from domain.runs import RunKind, RunStatus
from search.language.literals import (
    read_experiment,
    read_member,
    read_number,
    read_run,
    read_scalar,
    read_text,
    read_uuid,
    read_whole,
)
from search.language.mistakes import fail, find_nearest, show
from search.language.moments import compare_spans, read_span
from search.language.quoting import is_quoted, unquote

if TYPE_CHECKING:
    from lark import Token

NAMESPACES = ("param", "tag", "metric", "run", "dataset")
FUNCTIONS = tuple(statistic.lower() for statistic in Statistic)
FIELDS = {field.lower(): field for field in Field} | {
    "created": Field.CREATED_AT,
    "started": Field.STARTED_AT,
    "ended": Field.ENDED_AT,
}
TIMES = frozenset({Field.CREATED_AT, Field.STARTED_AT, Field.ENDED_AT})
_MEMBERS = {Field.STATUS: RunStatus, Field.KIND: RunKind}
_ORDERED = frozenset(Operator) - {Operator.MATCHES}
_TEXTUAL = frozenset(Operator)
_UNORDERED = frozenset({Operator.EQ, Operator.NE, Operator.IN, Operator.EXISTS})


_SURROUNDINGS: dict[str, Callable[[Predicate], Leaf]] = {
    "dataset": partial(DatasetLeaf, DatasetPart.NAME),
    "commit": CommitLeaf,
    "code.commit": CommitLeaf,
    "environment": EnvironmentLeaf,
    "environment.digest": EnvironmentLeaf,
}


@dataclass(frozen=True, slots=True)
class Context:
    """What the meaning of some words depends on."""

    now: datetime
    workspace: WorkspaceID


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is asked about: how its values are written, and the leaf that compares with them."""

    read: Callable[[Token], Any]
    make: Callable[[Operator, Sequence[Any]], Filter]
    exists: Callable[[], Filter]
    operators: frozenset[Operator] = _ORDERED


def _make_subject(
    read: Callable[[Token], Any],
    leaf: Callable[[Predicate], Leaf],
    operators: frozenset[Operator] = _ORDERED,
) -> Subject:
    return Subject(
        read=read,
        make=lambda operator, values: leaf(Predicate(operator, tuple(values))),
        exists=lambda: leaf(Predicate(Operator.EXISTS, (True,))),
        operators=operators,
    )


def read_keyed(token: Token) -> Subject:
    """Return the subject of `param.<key>`, `tag.<key>` or `metric.<key>`, which is its last value."""
    namespace, _, written = token.partition(".")
    if not written:
        told = f'expected a key after {namespace}., such as {namespace}.lr or {namespace}."a key"'
        raise fail(told, token, expected=["a key"])
    key = unquote(written) if is_quoted(written) else written
    match namespace.lower():
        case "param":
            return _make_subject(read_scalar, partial(ParamLeaf, key), _TEXTUAL)
        case "tag":
            return _make_subject(read_text, partial(TagLeaf, key), _TEXTUAL)
        case _:
            return _make_subject(read_number, partial(MetricLeaf, key, Statistic.LAST))


def read_call(function: Token, key: Token) -> Subject:
    """Return the subject of `last(<key>)` and its like."""
    name = function.removesuffix("(")
    if name.lower() not in FUNCTIONS:
        told = f"there is no function {show(name)}; there are {', '.join(FUNCTIONS)}"
        raise fail(told, function, expected=FUNCTIONS, nearest=find_nearest(name, FUNCTIONS))
    statistic = Statistic(name.upper())
    return _make_subject(read_number, partial(MetricLeaf, read_text(key), statistic))


def read_field(token: Token, context: Context) -> Subject:
    """Return the subject that a field of the run, its data, code or environment is.

    Names may be written in any case, with or without underscores, those of the run's own fields behind `run.`.
    """
    name = token.lower().replace("_", "")
    if (leaf := _find_surroundings(name)) is not None:
        return _make_subject(read_text, leaf)
    if name == "text":
        return Subject(read=read_text, make=_look_for, exists=_refuse_text, operators=frozenset({Operator.MATCHES}))
    field = FIELDS.get(name.removeprefix("run."))
    if field is None:
        raise _explain_unknown(token)
    if field in TIMES:
        return Subject(
            read=partial(read_span, now=context.now),
            make=partial(compare_spans, field),
            exists=lambda: FieldLeaf(field, Predicate(Operator.EXISTS, (True,))),
        )
    return _read_plain(field, context)


def _read_plain(field: Field, context: Context) -> Subject:
    leaf = partial(FieldLeaf, field)
    match field:
        case Field.STATUS | Field.KIND:
            return _make_subject(partial(read_member, members=_MEMBERS[field]), leaf, _UNORDERED)
        case Field.RUN | Field.PARENT:
            return _make_subject(partial(read_run, workspace=context.workspace), leaf, _UNORDERED)
        case Field.ATTEMPT:
            return _make_subject(read_uuid, leaf, _UNORDERED)
        case Field.EXPERIMENT:
            return _make_subject(partial(read_experiment, workspace=context.workspace), leaf, _TEXTUAL)
        case Field.NUMBER:
            return _make_subject(read_whole, leaf)
        case _:
            return _make_subject(read_text, leaf, _TEXTUAL if field in MATCHED_FIELDS else _ORDERED)


def _find_surroundings(name: str) -> Callable[[Predicate], Leaf] | None:
    """Return the leaf about data, code or environment that a name means: `dataset.train.name`, `commit`, ..."""
    if name in _SURROUNDINGS:
        return _SURROUNDINGS[name]
    head, *between = name.split(".")
    part = between.pop() if between else ""
    if head != "dataset" or part not in ("name", "version") or len(between) > 1:
        return None
    role = Role.__members__.get(between[0].upper()) if between else None
    if between and role is None:
        return None
    return lambda condition: DatasetLeaf(DatasetPart(part), condition, role)


def _look_for(_operator: Operator, values: Sequence[str]) -> Filter:
    """Return what has all words of a text, as `text matches "..."` asks."""
    return And(tuple(TextLeaf(term) for term in Predicate(Operator.MATCHES, (values[0],)).terms))


def _refuse_text() -> Filter:
    raise AssertionError("text has no operator but matches")


def _explain_unknown(token: Token) -> Exception:
    """Return the mistake of a word that is no field: most often the key of a metric, a parameter or a tag."""
    head, dot, rest = token.partition(".")
    names = [field.value for field in Field]
    if dot and (namespace := find_nearest(head, NAMESPACES)):
        nearest: str | None = f"{namespace}.{rest}"
    else:
        nearest = find_nearest(token, [*names, *FIELDS])
    told = (
        f"there is no field {show(token)}; a metric is written last({token[:60]}), a parameter param.{token[:60]}, "
        f"a tag tag.{token[:60]}"
    )
    return fail(told, token, expected=names, nearest=nearest)
