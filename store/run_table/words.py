"""Words and phrases as conditions on tokens."""

from __future__ import annotations

from domain.predicates import Predicate
from domain.text.terms import Term
from store.run_table.fragments import FALSE, Values, all_of
from store.texts import Place, write_tsquery


def has_term(column: str, term: Term, values: Values) -> str:
    """Return the condition that tokens have a word or phrase; one without a part matches nothing."""
    return f"{column} @@ {values.bind(write_tsquery(term), 'text')}::tsquery" if term else FALSE


def match_words(column: str, condition: Predicate, values: Values) -> str:
    """Return the condition that the tokens of a value in one row have every word."""
    return all_of([f"{column} IS NOT NULL", *(has_term(column, term, values) for term in condition.terms)])


def match_texts(subject: str, place: Place, condition: Predicate, values: Values) -> str:
    """Return the condition that a text of a node, in however many pieces, has every word."""
    return all_of(
        f"EXISTS (SELECT FROM texts t WHERE t.workspace = {values.workspace} AND t.subject = {subject} "
        f"AND t.field = {place.value} AND {has_term('t.tokens', term, values)} OFFSET 0)"
        for term in condition.terms
    )
