"""The port of full-text search: words and dimensions in one question, answered alike by every adapter."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from domain.ids import WorkspaceID
from domain.search.aggregates import AggregateAnswer, AggregateQuestion
from domain.search.answers import SearchAnswer, Suggestion, SuggestionKind
from domain.search.documents import SearchDocument
from domain.search.questions import SearchQuestion


class SearchIndex(Protocol):
    """An index of documents. Which documents are hits, their counts and their facets are the same in all adapters; so
    is the order, wherever a key other than relevance is asked for.

    **Truth.** A leaf is true or false, never unknown; false on what is missing, `ne` too; `not` is the exact
    complement. Values compare within one type: boolean, number, text, time, id. NaN fulfils only `ne` and `exists`;
    -0.0 is 0.0. Texts compare by code point, times by whole milliseconds. JSON parameters fulfil only `exists` and
    `ne`. Of several values under one key (datasets, commits, environments) one is enough. `matches` is true where the
    value's own tokens have every word. A number against a tag is the text that would be typed for it.

    **What a leaf asks.** On a note or artifact `text`, `createdAt`, `createdBy` and `kind` ask itself, all other leaves
    what it stands on. The text of a document is `SearchDocument.texts`; a row of parts never goes from one to the next.
    A leaf without meaning for a kind is false there. An `IdsLeaf`, and the scope, hold for a document whose own id, or
    whose subject's id, is among the ids. A `LineageLeaf` never comes here.

    **Tenancy.** Each method sees the workspace it is given, and nothing of any other. Deleted documents, and what
    belongs to an experiment in `hidden`, are never found.

    **Order.** Mixed types as boolean, number, text; the missing and NaN last in both directions; an infinity and the
    largest double are one place; ties by id ascending. Without an order: by relevance where there are words (each
    adapter ranks in its own way), else by `createdAt` descending. A page that begins behind a cursor goes on
    where that cursor stood, though documents were written since: none comes twice, none that was there is left out.
    A cursor belongs to one question and one adapter: another question's is `InvalidInput`, another adapter's
    `CursorExpired`.

    **Counts.** `total` is exact to 10,000, then 10,000 and not exact. Facets cover every hit; an adapter that cannot
    says `exact: False`.

    Raises `InvalidInput` and `TooLarge` for what cannot be asked, `Unavailable` while the engine is away.
    """

    async def search(self, question: SearchQuestion) -> SearchAnswer:
        """Return one page of hits with the facets that are asked for; `first: 0` gives counts and facets alone."""

    async def aggregate(self, question: AggregateQuestion) -> AggregateAnswer:
        """Group the runs that fulfil the question, and measure each group.

        A run without a key is in the group of `None`; one that has several values under it (datasets) is in each.
        """

    async def suggest(
        self, workspace: WorkspaceID, prefix: str, kinds: Collection[SuggestionKind], *, first: int
    ) -> list[Suggestion]:
        """Return names in use that begin with `prefix`, or are like it but for a typo; the likeliest first."""

    async def correct(self, workspace: WorkspaceID, text: str) -> str | None:
        """Return a text in which each word that nobody used is the most similar one that somebody did; None where
        that changes nothing. What it returns finds something more than `text`, word by word.
        """

    async def apply(self, documents: Sequence[SearchDocument]) -> None:
        """Write documents whole, each fenced by its revision: an older state than the stored one is left out. What is
        deleted stays as a tombstone. Durable once this returns, found after `refresh`. An adapter that reads the record
        itself has nothing to do.
        """

    async def refresh(self) -> None:
        """Let questions that begin from now on see all that was applied before."""
