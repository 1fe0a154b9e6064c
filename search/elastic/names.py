"""Names that can be suggested: our own words, their beginnings and their trigrams, found in spite of a typo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from domain.text.analysis import analyse
from search.elastic.queries import Query, term, terms

EDGE_LEAST, EDGE_MOST = 1, 20
"""Characters of the beginnings that are kept of a word."""

CANDIDATES = 40
"""Names that are ranked again here."""

TRIGRAM_SHARE = "30%"
WORD_BOOST = 3


def make_name_body(text: str) -> dict[str, Any]:
    """Return the tokens of a name, as its document holds them."""
    words = list_words(text)
    edges = {word[:size] for word in words for size in range(EDGE_LEAST, min(len(word), EDGE_MOST) + 1)}
    return {
        "words": " ".join(words),
        "edges": " ".join(sorted(edges)),
        "trigrams": " ".join(sorted(make_trigrams(words))),
    }


def list_words(text: str) -> list[str]:
    """Return the parts of a name, and its wholes where they are others."""
    found = analyse(text)
    return list(dict.fromkeys([token.text for token in (*found.parts, *found.wholes)]))


def make_trigrams(words: Iterable[str]) -> set[str]:
    """Return every three characters in a row, the ends of words marked."""
    padded = [f"_{word}_" for word in words]
    return {word[at : at + 3] for word in padded for at in range(max(1, len(word) - 2))}


def find_names(prefix: str, *, workspace: str, kinds: Sequence[str]) -> Query:
    """Return what begins or looks like what was typed."""
    words = list_words(prefix)
    typed = [token.text for token in analyse(prefix).parts]
    ways: list[Query] = [
        _match("words", words, minimum_should_match=1, boost=WORD_BOOST),
        _match("edges", typed, fuzziness="AUTO", operator="and", prefix_length=1),
        _match("trigrams", sorted(make_trigrams(words)), minimum_should_match=TRIGRAM_SHARE),
    ]
    return {
        "bool": {
            "filter": [term("workspace", workspace), terms("kind", list(kinds))],
            "should": ways,
            "minimum_should_match": 1,
        }
    }


def _match(field: str, tokens: Sequence[str], **how: Any) -> Query:
    return {"match": {field: {"query": " ".join(tokens), **how}}}
