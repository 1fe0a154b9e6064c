"""Fields of what documents are about: runs, experiments, and whatever lineage knows."""

from __future__ import annotations

from uuid import UUID

from domain.filters import Field, FieldLeaf
from domain.ids import NodeKind
from domain.predicates import Operator, ValueType
from store.node_tables import LINEAGE
from store.run_table.comparisons import compare_plain, compare_texts
from store.run_table.fragments import FALSE, TRUE, Values, all_of, any_of, one_of
from store.run_table.leaves import read_field
from store.run_table.lookups import Lookups, is_about_names
from store.run_table.words import match_texts
from store.texts import Place

NAMED = {NodeKind.DATASET: "name", NodeKind.MODEL: "name", NodeKind.DEPLOYMENT: "endpoint"}
"""Kinds of lineage that have a name of their own, and its column."""

SEARCHED = {Field.NAME: Place.NAME, Field.DESCRIPTION: Place.DESCRIPTION}


def read_subject_field(about: str, leaf: FieldLeaf, lookups: Lookups, values: Values) -> str:
    """Return the condition that a field of what a document is about fulfils a leaf."""
    if leaf.condition.operator is Operator.MATCHES and leaf.field in SEARCHED:
        return match_texts(about, SEARCHED[leaf.field], leaf.condition, values)
    ways = [_exists("runs", about, read_field("s", leaf, lookups, values), values)]
    if leaf.field is Field.EXPERIMENT:
        ways.append(_read_experiment(about, leaf, lookups, values))
    if leaf.field in SEARCHED:
        ways.append(_read_column("experiments", leaf.field.value, about, leaf, values))
    if leaf.field is Field.NAME:
        ways += [_read_column(LINEAGE[kind][0].name, name, about, leaf, values) for kind, name in NAMED.items()]
    if leaf.field in (Field.DESCRIPTION, Field.OWNER):
        ways += [_read_column(table.name, leaf.field.value, about, leaf, values) for table, _ in LINEAGE.values()]
    return one_of(ways)


def compare_own(column: str, leaf: FieldLeaf, kind: ValueType, values: Values) -> str:
    """Return the condition that a column of a document's own row fulfils a leaf; never null."""
    if kind is ValueType.TEXT:
        return all_of([f"{column} IS NOT NULL", compare_texts(column, leaf.condition, values)])
    return all_of([f"{column} IS NOT NULL", compare_plain(column, leaf.condition, kind, values)])


def _read_column(table: str, column: str, about: str, leaf: FieldLeaf, values: Values) -> str:
    compared = compare_texts(f"s.{column}", leaf.condition, values)
    return _exists(table, about, all_of([f"s.{column} IS NOT NULL", compared]), values)


def _read_experiment(about: str, leaf: FieldLeaf, lookups: Lookups, values: Values) -> str:
    """Return the condition for a document about the experiment itself."""
    condition = leaf.condition
    if condition.operator is Operator.EXISTS:
        return _exists("experiments", about, TRUE, values)
    if not is_about_names(condition):
        return _exists("experiments", about, compare_plain("s.id", condition, ValueType.ID, values), values)
    ids = list(lookups.named[condition])
    if condition.operator is Operator.IN:
        # What is no id of an experiment is no id of anything that has one.
        ids += [value for value in condition.values if isinstance(value, UUID)]
    found = any_of("s.id", ids, "uuid", values) if ids else FALSE
    return _exists("experiments", about, found, values)


def _exists(table: str, about: str, condition: str, values: Values) -> str:
    if condition == FALSE:
        return FALSE
    inside = f"s.workspace = {values.workspace} AND s.id = {about}"
    return f"EXISTS (SELECT FROM {table} s WHERE {inside} AND {condition} OFFSET 0)"
