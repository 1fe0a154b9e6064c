"""Names that can be suggested, and words that can be meant: found in spite of a typo, counted where they are used."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set
from hashlib import blake2b
from typing import Any

from elasticsearch import AsyncElasticsearch

from domain.ids import WorkspaceID
from domain.search.answers import SuggestionKind
from domain.search.documents import STANDING, DocumentKind
from domain.search.shortening import shorten
from domain.text.similarity import allow_edits, fold_name, make_grams
from domain.text.terms import Term
from search.elastic.queries import Query, all_of, nested, one_of, term, terms
from search.elastic.requests import Body
from search.elastic.texts import match_term
from search.elastic.writing import Write, write_documents

WORD = "WORD"
"""The kind of what stands in texts."""

EDGE_MOST = 20
"""Characters of the beginnings that are kept of a word."""

CANDIDATES = 200
"""Names that are counted and ranked again here."""

NEIGHBOURS = 40
"""Words that one that nobody used may be a typo of."""

TRIGRAM_SHARE = "30%"
WORD_BOOST = 3
REMEMBERED = 200_000
"""Names of which this process knows that they are written."""

_THINGS = sorted(set(DocumentKind) - STANDING)


def make_name_writes(index: str, names: Iterable[tuple[WorkspaceID, str, str]]) -> list[Write]:
    """Return what writes names that are not there yet; one that is stays as it is."""
    return [
        Write(index=index, id=_make_id(workspace, kind, text), version=1, body=_make_body(workspace, kind, text))
        for workspace, kind, text in names
    ]


class NameWriter:
    """Writes the names of one generation, each once: this process remembers which are there."""

    def __init__(self, client: AsyncElasticsearch, index: str) -> None:
        self._client = client
        self._index = index
        self._known: set[tuple[WorkspaceID, str, str]] = set()

    async def write(self, names: Set[tuple[WorkspaceID, str, str]]) -> None:
        """Write names that may be there. Raises `Unavailable`."""
        fresh = names - self._known
        await write_documents(self._client, make_name_writes(self._index, fresh))
        if len(self._known) + len(fresh) > REMEMBERED:
            self._known.clear()
        self._known |= fresh


def find_names(workspace: WorkspaceID, prefix: str, kinds: Collection[SuggestionKind]) -> Body:
    """Return the body that finds what begins with a text, or looks like it."""
    words = fold_name(prefix).split()
    ways: list[Query] = [
        _match("words", words, operator="and", boost=WORD_BOOST),
        _match("edges", [word[:EDGE_MOST] for word in words], fuzziness="AUTO", operator="and", prefix_length=1),
        _match("trigrams", make_marked_grams(prefix), minimum_should_match=TRIGRAM_SHARE),
    ]
    wanted = [term("workspace", workspace.hex), terms("kind", sorted(kinds))]
    found = {"should": ways, "minimum_should_match": 1} if words else {}
    return {"query": {"bool": {"filter": wanted, **found}}, "size": CANDIDATES, "_source": ["kind", "text"]}


def find_neighbours(workspace: WorkspaceID, word: str) -> Body:
    """Return the body that finds the words of texts that are a few edits away."""
    fuzzy = {"fuzzy": {"text": {"value": word, "fuzziness": allow_edits(word), "max_expansions": NEIGHBOURS}}}
    wanted = [term("workspace", workspace.hex), term("kind", WORD)]
    return {"query": {"bool": {"filter": wanted, "must": [fuzzy]}}, "size": NEIGHBOURS, "_source": ["text"]}


def count_names(workspace: WorkspaceID, names: Iterable[tuple[str, str]]) -> Body:
    """Return the body that counts the things that use names, in their order."""
    return _count(workspace, [_use(kind, text) for kind, text in names])


def count_terms(workspace: WorkspaceID, asked: Iterable[Term]) -> Body:
    """Return the body that counts what has each of some words."""
    return _count(workspace, [match_term(one) for one in asked])


def make_marked_grams(text: str) -> list[str]:
    """Return the trigrams of a name as tokens: a blank would cut them."""
    return [gram.replace(" ", "_") for gram in make_grams(text)]


def _count(workspace: WorkspaceID, queries: list[Query]) -> Body:
    counted = {"filters": {"filters": {str(number): query for number, query in enumerate(queries)}}}
    visible = [term("workspace", workspace.hex), term("deleted", False)]
    return {"query": {"bool": {"filter": visible}}, "size": 0, "track_total_hits": False, "aggs": {"of": counted}}


def _use(kind: str, text: str) -> Query:
    """Return what uses a name; a note has its run's, and is not counted again."""
    things = terms("kind", _THINGS)
    match kind:
        case SuggestionKind.PARAM_KEY:
            return all_of([things, nested("p", text)])
        case SuggestionKind.METRIC_KEY:
            return all_of([things, nested("m", text)])
        case SuggestionKind.TAG_KEY:
            return all_of([things, nested("g", text)])
        case SuggestionKind.TAG_VALUE:
            return all_of([things, {"nested": {"path": "g", "query": term("g.s", shorten(text))}}])
        case SuggestionKind.NAME:
            return all_of([things, term("name", shorten(text))])
        case _:
            return one_of([term("parts", text), term("any", f"={text}")])


def _make_body(workspace: WorkspaceID, kind: str, text: str) -> dict[str, Any]:
    body: dict[str, Any] = {"workspace": workspace.hex, "kind": kind, "text": text}
    if kind == WORD:
        return body
    words = fold_name(text).split()
    edges = {word[:size] for word in words for size in range(1, min(len(word), EDGE_MOST) + 1)}
    return body | {
        "words": " ".join(words),
        "edges": " ".join(sorted(edges)),
        "trigrams": " ".join(make_marked_grams(text)),
    }


def _make_id(workspace: WorkspaceID, kind: str, text: str) -> str:
    return blake2b(f"{kind}\0{text}".encode(), key=workspace.bytes, digest_size=16).hexdigest()


def _match(field: str, tokens: Collection[str], **how: Any) -> Query:
    return {"match": {field: {"query": " ".join(tokens), **how}}}
