"""Why a document is a hit, and where: made from its texts, so alike in every adapter."""

from __future__ import annotations

from collections.abc import Sequence

from domain.search.answers import Highlight
from domain.search.documents import DocumentText, TextField
from domain.text.fields import STEM, WHOLE, make_tokens
from domain.text.highlights import make_fragments
from domain.text.matching import find_rows, has_term
from domain.text.terms import Term

NAMES = {
    TextField.TEXT: "its text",
    TextField.NAME: "its name",
    TextField.DESCRIPTION: "its description",
    TextField.TAG: "the tag {key}",
    TextField.TAG_KEY: "a tag's key",
    TextField.PARAM_KEY: "a parameter's key",
    TextField.PARAM: "the parameter {key}",
    TextField.NAMESPACE: "its namespace",
    TextField.PATH: "its path",
}
PLACES = 3
"""Places that are named for one word."""


def make_highlights(texts: Sequence[DocumentText], terms: Sequence[Term]) -> tuple[Highlight, ...]:
    """Return the texts that have any of the terms, with the fragments that show them."""
    found = ((text, make_fragments(text.text, terms)) for text in texts)
    return tuple(Highlight(text.field, fragments, text.key) for text, fragments in found if fragments)


def explain(texts: Sequence[DocumentText], terms: Sequence[Term]) -> tuple[str, ...]:
    """Return a sentence for each term that a document has: where it stands, and how it was met."""
    return tuple(told for term in terms if (told := _explain_term(texts, term)))


def _explain_term(texts: Sequence[DocumentText], term: Term) -> str | None:
    where: dict[str, None] = {}
    how: dict[str, None] = {}
    for text in texts:
        tokens = make_tokens(text.text)
        if has_term(term, [tokens]):
            where[NAMES[text.field].format(key=text.key)] = None
            how[_name_way(term, tokens.any, tokens.parts)] = None
    if not where:
        return None
    places = list(where)
    more = f" and {len(places) - PLACES} more" if len(places) > PLACES else ""
    return f"{term} stands in {', '.join(places[:PLACES])}{more} ({', '.join(how)})"


def _name_way(term: Term, bag: Sequence[str], parts: Sequence[str]) -> str:
    if term.is_open:
        return "as a beginning"
    if find_rows(parts, term.parts, is_open=False):
        return "as a phrase" if term.is_phrase else "as typed"
    if term.whole is not None and (WHOLE + term.whole in bag or term.whole in parts):
        return "in another spelling"
    return "in another form" if term.stem is not None and STEM + term.stem in bag else "as typed"
