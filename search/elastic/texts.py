"""Words, phrases and starts of them as queries on our own tokens."""

from __future__ import annotations

from collections.abc import Iterable

from domain.text.fields import STEM, WHOLE
from domain.text.terms import Term
from search.elastic.queries import NONE, Query, one_of, term

EXPANSIONS = 1_000
"""Words that the open end of a row may stand for; where there are more, an answer is not exact."""


def match_term(asked: Term, path: str = "") -> Query:
    """Return what has a term in the tokens below a path (`g.` or `p.`), or of the document itself."""
    bag, row = f"{path}any", f"{path}parts"
    if not asked:
        return NONE
    found = [_match_open_row(asked, row) if asked.is_open else match_row(asked.parts, row)]
    if asked.whole is not None:
        as_whole = WHOLE + asked.whole
        if asked.is_open:
            found += [{"prefix": {bag: as_whole}}, {"prefix": {row: asked.whole}}]
        else:
            found += [term(bag, as_whole), term(row, asked.whole)]
    if asked.stem is not None:
        found.append(term(bag, STEM + asked.stem))
    return one_of(_distinct(found))


def match_row(parts: Iterable[str], field: str, *, slop: int = 0) -> Query:
    """Return what has parts in a row, or nearly so. The analyser cuts at blanks, and no part holds one."""
    row = list(parts)
    if len(row) == 1:
        return term(field, row[0])
    return {"match_phrase": {field: {"query": " ".join(row), "slop": slop}}}


def has_open_row(asked: Term) -> bool:
    """Say whether a term stands for words that are counted up to a limit."""
    return asked.is_open and len(asked.parts) > 1


def _match_open_row(asked: Term, field: str) -> Query:
    if not has_open_row(asked):
        return {"prefix": {field: asked.parts[0]}}
    return {"match_phrase_prefix": {field: {"query": " ".join(asked.parts), "max_expansions": EXPANSIONS}}}


def _distinct(queries: list[Query]) -> list[Query]:
    """Leave out what stands there twice: the whole of a plain word is its part."""
    return [query for at, query in enumerate(queries) if query not in queries[:at]]
