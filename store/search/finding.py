"""Finding documents of each kind: kind, node, the id of what it is about, and how well the words fit."""

from __future__ import annotations

from collections.abc import Sequence

from domain.experiments import Lifecycle
from domain.filters import And, Filter, Not, Or, TextLeaf
from domain.search.documents import DocumentKind
from domain.text.terms import Term
from store.run_table.conditions import live
from store.run_table.fragments import Values, all_of
from store.run_table.leads import find_all, list_conjuncts
from store.search.asking import Asked
from store.search.conditions import TABLES, Document, fulfils
from store.texts import quote_lexeme, write_tsquery

NUMBERS = {kind: kind.node_kind.value for kind in DocumentKind}
BESIDE = 0.01
"""The score of a run whose words stand in its tags and parameters alone."""
BY_LENGTH = 16
"""Ranks are divided by 1 + log(distinct words): a word says more of a short note. Over the judged list the mean
reciprocal rank is 0.98 so, and 0.81 without.
"""


def select_found(
    kind: DocumentKind, condition: Filter, terms: Sequence[Term], lead: Filter | None, asked: Asked, values: Values
) -> list[str]:
    """Return the queries that together give the documents of a kind that fulfil a condition, each once."""
    match kind:
        case DocumentKind.RUN:
            return [_select_runs(condition, terms, lead, asked, values)]
        case DocumentKind.NOTE:
            return _select_notes(condition, terms, asked, values)
        case _:
            return [_select_named(kind, condition, terms, asked, values)]


def _select_runs(condition: Filter, terms: Sequence[Term], lead: Filter | None, asked: Asked, values: Values) -> str:
    found = all_of(
        [
            f"run.workspace = {values.workspace}",
            live("run", Lifecycle.PRESENT, asked.lookups, values),
            asked.is_inside("run.id", "run.id", values),
            find_all(condition, lead, "run", asked.lookups, values),
        ]
    )
    score = _score_node("run.id", terms, values)
    return f"SELECT {NUMBERS[DocumentKind.RUN]} AS kind, run.id AS node, run.id, {score} AS score FROM runs run WHERE {found}"  # fmt: skip  # noqa: E501


def _select_named(kind: DocumentKind, condition: Filter, terms: Sequence[Term], asked: Asked, values: Values) -> str:
    about = "d.run" if kind is DocumentKind.ARTIFACT else "d.id"
    document = Document(kind, "d.id", about)
    gone = ["d.deleted_at IS NULL", *(["d.archived_at IS NULL"] if kind is DocumentKind.EXPERIMENT else [])]
    found = all_of(
        [
            f"d.workspace = {values.workspace}",
            *gone,
            asked.is_seen(about, values),
            asked.is_inside("d.id", about, values),
            fulfils(condition, document, asked, values),
        ]
    )
    score = _score_node("d.id", terms, values)
    return f"SELECT {NUMBERS[kind]} AS kind, d.id AS node, {about} AS id, {score} AS score FROM {TABLES[kind]} d WHERE {found}"  # fmt: skip  # noqa: E501


def _select_notes(condition: Filter, terms: Sequence[Term], asked: Asked, values: Values) -> list[str]:
    """Begin from the words where there are any that a note must have; else from the notes."""
    conjuncts = list_conjuncts(condition)
    words = [item for item in conjuncts if _is_about_words(item)]
    if not any(map(_is_positive, words)):
        return [_select_by_notes(condition, asked, values)]
    rest = And(tuple(item for item in conjuncts if item not in words))
    return [
        _select_short_notes(words, rest, terms, asked, values),
        _select_long_notes(words, rest, terms, asked, values),
    ]


def _select_by_notes(condition: Filter, asked: Asked, values: Values) -> str:
    about = f"(CASE d.subject_kind WHEN 5 THEN (SELECT a.run FROM artifacts a WHERE a.workspace = {values.workspace} AND a.id = d.subject) ELSE d.subject END)"  # fmt: skip  # noqa: E501
    inner = f"SELECT d.id AS node, {about} AS id FROM notes d WHERE d.workspace = {values.workspace} AND d.deleted_at IS NULL OFFSET 0"  # fmt: skip  # noqa: E501
    document = Document(DocumentKind.NOTE, "d.node", "d.id")
    found = _is_found(document, condition, asked, values)
    return f"SELECT {NUMBERS[DocumentKind.NOTE]} AS kind, d.node, d.id, 0::float8 AS score FROM ({inner}) d WHERE {found}"  # fmt: skip  # noqa: E501


def _select_short_notes(
    words: Sequence[Filter], rest: Filter, terms: Sequence[Term], asked: Asked, values: Values
) -> str:
    """All words of a note in one piece stand in one row."""
    query = values.bind(" & ".join(f"({_write_query(item)})" for item in words), "text")
    document = Document(DocumentKind.NOTE, "d.subject", "d.about")
    found = _is_found(document, rest, asked, values)
    score = f"ts_rank(d.tokens, {_bind_rank(terms, values)}::tsquery, {BY_LENGTH})::float8"
    return (
        f"SELECT {NUMBERS[DocumentKind.NOTE]} AS kind, d.subject AS node, d.about AS id, {score} AS score FROM texts d "
        f"WHERE d.kind = 4 AND d.pieces = 1 AND d.workspace = {values.workspace} AND d.tokens @@ {query}::tsquery "
        f"AND {found}"
    )


def _select_long_notes(
    words: Sequence[Filter], rest: Filter, terms: Sequence[Term], asked: Asked, values: Values
) -> str:
    """Each word of a note in pieces is looked for by itself; the first that must be there finds the notes."""
    first = next(item for item in words if _is_positive(item))
    others = And((*(item for item in words if item is not first), rest))
    query = values.bind(_write_query(first), "text")
    document = Document(DocumentKind.NOTE, "d.subject", "d.about")
    found = _is_found(document, others, asked, values)
    score = f"max(ts_rank(d.tokens, {_bind_rank(terms, values)}::tsquery, {BY_LENGTH}))::float8"
    return (
        f"SELECT {NUMBERS[DocumentKind.NOTE]} AS kind, d.subject AS node, d.about AS id, {score} AS score FROM texts d "
        f"WHERE d.kind = 4 AND d.pieces > 1 AND d.workspace = {values.workspace} AND d.tokens @@ {query}::tsquery "
        f"AND {found} GROUP BY d.subject, d.about"
    )


def _is_found(document: Document, condition: Filter, asked: Asked, values: Values) -> str:
    return all_of(
        [
            asked.is_seen(document.about, values),
            asked.is_inside(document.node, document.about, values),
            fulfils(condition, document, asked, values),
        ]
    )


def _score_node(node: str, terms: Sequence[Term], values: Values) -> str:
    if not terms:
        return "0::float8"
    rank = f"ts_rank(t.tokens, {_bind_rank(terms, values)}::tsquery, {BY_LENGTH})::float8"
    best = f"SELECT max({rank}) FROM texts t WHERE t.workspace = {values.workspace} AND t.subject = {node}"
    return f"COALESCE(({best}), 0) + {BESIDE}"


def _bind_rank(terms: Sequence[Term], values: Values) -> str:
    """Bind what is ranked by: any of the terms. Ranks of parts beside those of whole terms: stems count too."""
    return values.bind(" | ".join(f"({write_tsquery(term)})" for term in terms) or quote_lexeme("="), "text")


def _is_about_words(tree: Filter) -> bool:
    match tree:
        case And() | Or():
            return bool(tree.items) and all(map(_is_about_words, tree.items))
        case Not():
            return _is_about_words(tree.item)
        case TextLeaf():
            return bool(tree.term)
        case _:
            return False


def _is_positive(tree: Filter) -> bool:
    """Say whether a condition on words needs a word to be there, wherever it stands in a note: one of some words."""
    match tree:
        case Or():
            return all(map(_is_positive, tree.items))
        case _:
            return isinstance(tree, TextLeaf)


def _write_query(tree: Filter) -> str:
    match tree:
        case And():
            return " & ".join(f"({_write_query(item)})" for item in tree.items)
        case Or():
            return " | ".join(f"({_write_query(item)})" for item in tree.items)
        case Not():
            return f"!({_write_query(tree.item)})"
        case TextLeaf():
            return write_tsquery(tree.term)
        case _:
            raise TypeError(f"{tree} is about no words")
