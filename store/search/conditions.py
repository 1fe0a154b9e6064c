"""A condition as SQL about one document of any kind but a run, whose conditions are the run table's."""

from __future__ import annotations

from dataclasses import dataclass

from domain.filters import And, Field, FieldLeaf, Filter, IdsLeaf, Not, Or, TextLeaf
from domain.predicates import ValueType
from domain.search.documents import OWN_FIELDS, DocumentKind
from store.run_table.fragments import FALSE, Values, all_of, any_of, negate, one_of
from store.run_table.leaves import read_rows
from store.run_table.rows import Rows
from store.run_table.words import has_term
from store.search.asking import Asked, has_id
from store.search.subjects import compare_own, read_subject_field

TABLES = {
    DocumentKind.NOTE: "notes",
    DocumentKind.EXPERIMENT: "experiments",
    DocumentKind.DATASET: "datasets",
    DocumentKind.MODEL: "models",
    DocumentKind.ARTIFACT: "artifacts",
}
TAGGED = frozenset({DocumentKind.EXPERIMENT})
"""Kinds whose tags are among their own texts, as those of runs are."""


@dataclass(frozen=True, slots=True)
class Document:
    """How one document is called in a statement: its kind, its id, the id of what it is about."""

    kind: DocumentKind
    node: str
    about: str


def fulfils(tree: Filter, document: Document, asked: Asked, values: Values) -> str:
    """Return the condition that a document fulfils a tree; never null."""
    match tree:
        case And():
            return all_of(fulfils(item, document, asked, values) for item in tree.items)
        case Or():
            return one_of(fulfils(item, document, asked, values) for item in tree.items)
        case Not():
            return negate(fulfils(tree.item, document, asked, values))
        case TextLeaf():
            return _has_text(tree, document, asked, values)
        case IdsLeaf():
            return has_id(tree, document.node, document.about, values)
        case FieldLeaf() if tree.field in OWN_FIELDS:
            return _read_own(tree, document, values)
        case FieldLeaf():
            return read_subject_field(document.about, tree, asked.lookups, values)
        case _:
            found = read_rows(tree, asked.lookups, values)
            return one_of(_has_row(rows, document.about, values) for rows in found)


def _has_text(leaf: TextLeaf, document: Document, asked: Asked, values: Values) -> str:
    """Return the condition that a document's own texts have a word or phrase, as a look-up of that document."""
    inside = f"t.workspace = {values.workspace} AND t.subject = {document.node}"
    found = [f"EXISTS (SELECT FROM texts t WHERE {inside} AND {has_term('t.tokens', leaf.term, values)} OFFSET 0)"]
    if document.kind in TAGGED:
        ways = [f"t.tokens IS NOT NULL AND {has_term('t.tokens', leaf.term, values)}"]
        if keys := asked.lookups.said.get(leaf.term):
            ways.append(any_of("t.key", keys, "integer", values))
        found.append(f"EXISTS (SELECT FROM tags t WHERE {inside} AND {one_of(ways)} OFFSET 0)")
    return one_of(found)


def _read_own(leaf: FieldLeaf, document: Document, values: Values) -> str:
    """Compare what a document answers itself: when and by whom it was made, and its kind."""
    if leaf.field is Field.KIND:
        return compare_own(f"{values.bind(document.kind.value, 'text')}", leaf, ValueType.TEXT, values)
    if leaf.field is Field.CREATED_BY:
        if document.kind is not DocumentKind.NOTE:
            return FALSE
        compared = compare_own("o.created_by", leaf, ValueType.TEXT, values)
    else:
        compared = compare_own("o.created_at", leaf, ValueType.TIME, values)
    inside = f"o.workspace = {values.workspace} AND o.id = {document.node}"
    return f"EXISTS (SELECT FROM {TABLES[document.kind]} o WHERE {inside} AND {compared} OFFSET 0)"


def _has_row(rows: Rows, about: str, values: Values) -> str:
    found = f"EXISTS (SELECT FROM {rows.table} v WHERE {rows.run} = {about} AND {rows.condition} OFFSET 0)"
    if rows.experiments is None:
        return found
    within = any_of("r.experiment", rows.experiments, "uuid", values)
    run = f"EXISTS (SELECT FROM runs r WHERE r.workspace = {values.workspace} AND r.id = {about} AND {within} OFFSET 0)"
    return all_of([found, run])
