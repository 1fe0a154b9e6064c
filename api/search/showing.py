"""What a hit shows of the words that were looked for."""

from __future__ import annotations

from collections.abc import Sequence

from domain.search.answers import Highlight
from domain.search.documents import DocumentText, TextField
from domain.text.fields import make_tokens
from domain.text.highlights import make_fragments
from domain.text.matching import has_term
from domain.text.terms import Term

NAMES = {
    TextField.TEXT: "text",
    TextField.NAME: "name",
    TextField.DESCRIPTION: "description",
    TextField.TAG: "tag",
    TextField.TAG_KEY: "key of a tag",
    TextField.PARAM_KEY: "key of a parameter",
    TextField.PARAM: "parameter",
    TextField.NAMESPACE: "namespace",
    TextField.PATH: "path",
}


def make_highlights(texts: Sequence[DocumentText], terms: Sequence[Term]) -> list[Highlight]:
    """Return the texts of a hit that have one of the terms, with the pieces that show it."""
    if not terms:
        return []
    found = [(text, make_fragments(text.text, terms)) for text in texts]
    return [Highlight(text.field, fragments, text.key) for text, fragments in found if fragments]


def list_reasons(texts: Sequence[DocumentText], terms: Sequence[Term]) -> list[str]:
    """Return a line for each term that a hit has: the term, and where it stands."""
    tokens = [(text, [make_tokens(text.text)]) for text in texts] if terms else []
    lines = []
    for term in terms:
        places = dict.fromkeys(name_place(text) for text, found in tokens if has_term(term, found))
        if places:
            lines.append(f"{term}: {', '.join(places)}")
    return lines


def name_place(text: DocumentText) -> str:
    """Return where a text stands, in words."""
    return NAMES[text.field] if text.key is None else f"{NAMES[text.field]} {text.key}"
