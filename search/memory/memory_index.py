"""The index of documents in memory: the specification that every other adapter is held against."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from domain.errors import InvalidInput
from domain.filters import Filter, TextLeaf, iterate_leaves, normalise
from domain.ids import NodeKind, WorkspaceID
from domain.pages import COUNT_LIMIT, Count
from domain.search.aggregates import AggregateAnswer, AggregateQuestion
from domain.search.answers import COMPLETE, Completeness, FacetAnswer, Hit, Reason, SearchAnswer, Suggestion
from domain.search.answers import SuggestionKind as Kind
from domain.search.cursors import digest_question
from domain.search.documents import DocumentKind, SearchDocument
from domain.search.own_leaves import drop_own_leaves
from domain.search.questions import Facet, Scope, SearchQuestion
from domain.text.parsing import parse_text
from domain.text.similarity import rank_name
from domain.texts import shown
from search.correcting import correct_text
from search.memory.bucketing import count_facet
from search.memory.holding import holds, index_texts
from search.memory.measuring import aggregate
from search.memory.ordering import choose_orders, score, sort_documents


class MemorySearchIndex:
    """Looks at every document for every question."""

    def __init__(self) -> None:
        self._documents: dict[tuple[WorkspaceID, UUID], SearchDocument] = {}

    async def apply(self, documents: Sequence[SearchDocument]) -> None:
        for document in documents:
            at = (document.workspace, document.id)
            known = self._documents.get(at)
            if known is None or known.revision < document.revision:
                self._documents[at] = document

    async def refresh(self) -> None:
        """Everything applied is seen at once."""

    async def search(self, question: SearchQuestion) -> SearchAnswer:
        condition = question.condition
        found = self._find(question, condition)
        scores = {document.id: score(question, document) if question.terms else 0.0 for document in found}
        ordered = sort_documents(found, choose_orders(question), scores)
        digest = digest_question(question)
        start = 0 if question.after is None else _read_cursor(question.after, digest, ordered)
        page = ordered[start : start + question.first]
        hits = [
            Hit(key=one.key, cursor=_write_cursor(digest, one), score=scores[one.id], texts=one.texts) for one in page
        ]
        return SearchAnswer(
            hits=tuple(hits),
            total=Count.capped(len(found)),
            has_next=start + question.first < len(ordered),
            facets=tuple(self._count(question, condition, facet, found) for facet in question.facets),
            completeness=_complete(question.scope),
        )

    async def aggregate(self, question: AggregateQuestion) -> AggregateAnswer:
        where = normalise(question.where)
        runs = [
            one
            for one in self._list(question.workspace, question.hidden, question.scope)
            if one.kind is DocumentKind.RUN and holds(where, one)
        ]
        return aggregate(question, runs)

    async def suggest(
        self, workspace: WorkspaceID, prefix: str, kinds: Collection[Kind], *, first: int
    ) -> list[Suggestion]:
        counts: Counter[tuple[Kind, str]] = Counter()
        for document in self._list(workspace, frozenset(), None):
            counts.update(set(_list_names(document)))
        ranked = [
            (rank, -count, kind, text)
            for (kind, text), count in counts.items()
            if kind in kinds and (rank := rank_name(prefix, text)) is not None
        ]
        return [
            Suggestion(kind, text, min(-count, COUNT_LIMIT))
            for _, count, kind, text in sorted(ranked, key=lambda one: (one[0], one[1], one[3], one[2]))[:first]
        ]

    async def correct(self, workspace: WorkspaceID, text: str) -> str | None:
        uses: Counter[str] = Counter()
        documents = list(self._list(workspace, frozenset(), None))
        for document in documents:
            uses.update({part for tokens in index_texts(document.texts) for part in tokens.parts})
        unknown = [
            leaf.term.parts[0]
            for leaf in _list_words(parse_text(text))
            if not any(holds(leaf, document) for document in documents)
        ]
        return correct_text(text, {word: list(uses.items()) for word in unknown})

    def _find(self, question: SearchQuestion, condition: Filter) -> list[SearchDocument]:
        return [
            document
            for document in self._list(question.workspace, question.hidden, question.scope)
            if document.kind in question.kinds and holds(condition, document)
        ]

    def _list(self, workspace: WorkspaceID, hidden: frozenset[UUID], scope: Scope | None) -> Iterable[SearchDocument]:
        """Give what can be found at all."""
        for document in self._documents.values():
            is_seen = not document.deleted and document.dimensions.experiment not in hidden
            is_inside = scope is None or holds(scope.ids, document)
            if document.workspace == workspace and is_seen and is_inside:
                yield document

    def _count(
        self, question: SearchQuestion, condition: Filter, facet: Facet, found: list[SearchDocument]
    ) -> FacetAnswer:
        if facet.own_filter:
            return count_facet(facet, found)
        return count_facet(facet, self._find(question, drop_own_leaves(condition, facet)))


def _complete(scope: Scope | None) -> Completeness:
    return Completeness((Reason.SCOPE_CUT,)) if scope is not None and scope.is_cut else COMPLETE


def _list_words(tree: Filter) -> list[TextLeaf]:
    return [leaf for leaf in iterate_leaves(tree) if isinstance(leaf, TextLeaf) and len(leaf.term.parts) == 1]


def _list_names(document: SearchDocument) -> Iterable[tuple[Kind, str]]:
    """Give what of a document can be suggested; of notes and artifacts nothing."""
    if document.kind in (DocumentKind.NOTE, DocumentKind.ARTIFACT):
        return
    dimensions = document.dimensions
    for text in document.texts:
        if text.field == "name":
            yield Kind.NAME, text.text[:128]
    for key, value in dimensions.tags.items():
        yield Kind.TAG_KEY, key
        yield Kind.TAG_VALUE, value[:128]
    if dimensions.kind is NodeKind.RUN:
        yield from ((Kind.PARAM_KEY, key) for key in dimensions.params)
        yield from ((Kind.METRIC_KEY, key) for key in dimensions.metrics)


def _write_cursor(digest: bytes, document: SearchDocument) -> str:
    return base64.urlsafe_b64encode(digest + document.id.bytes).decode("ascii")


def _read_cursor(text: str, digest: bytes, ordered: list[SearchDocument]) -> int:
    """Return the place behind a cursor's document; documents are never edited under this adapter's pages."""
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as exc:
        raise InvalidInput(f"{shown(text)} is not a cursor", path=["after"]) from exc
    places = {digest + document.id.bytes: place for place, document in enumerate(ordered)}
    if raw not in places:
        raise InvalidInput(f"{shown(text)} is not a cursor of this question", path=["after"])
    return places[raw] + 1
