"""Why a document is a hit, and where: made from its texts, so alike in every adapter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.search.answers import Highlight
from domain.search.documents import DocumentText, TextField
from domain.text.fields import STEM, WHOLE, Tokens, make_tokens
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


def make_highlights(texts: Iterable[DocumentText], terms: Sequence[Term]) -> list[Highlight]:
    """Return the texts that have any of the terms, with the fragments that show them."""
    found = ((text, make_fragments(text.text, terms)) for text in texts) if terms else ()
    return [Highlight(text.field, fragments, text.key) for text, fragments in found if fragments]


def explain(texts: Iterable[DocumentText], terms: Sequence[Term]) -> list[str]:
    """Return a sentence for each term that a document has: where it stands, and how it was met."""
    analysed = [(text, make_tokens(text.text)) for text in texts] if terms else []
    return [told for term in terms if (told := _explain_term(analysed, term))]


def _explain_term(texts: Sequence[tuple[DocumentText, Tokens]], term: Term) -> str | None:
    where: dict[str, None] = {}
    how: dict[str, None] = {}
    for text, tokens in texts:
        if has_term(term, [tokens]):
            where[NAMES[text.field].format(key=text.key)] = None
            how[_name_way(term, tokens)] = None
    if not where:
        return None
    places = list(where)
    more = f" and {len(places) - PLACES} more" if len(places) > PLACES else ""
    return f"{term} stands in {', '.join(places[:PLACES])}{more} ({', '.join(how)})"


def _name_way(term: Term, tokens: Tokens) -> str:
    if term.is_open:
        return "as a beginning"
    if find_rows(tokens.parts, term.parts, is_open=False):
        return "as a phrase" if term.is_phrase else "as typed"
    if term.whole is not None and (WHOLE + term.whole in tokens.any or term.whole in tokens.parts):
        return "in another spelling"
    return "in another form" if term.stem is not None and STEM + term.stem in tokens.any else "as typed"
