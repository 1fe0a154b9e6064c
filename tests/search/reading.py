"""What every adapter must say alike of one question: its pages to the end, facets, and the texts of hits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from domain.ids import NodeKey
from domain.search.answers import SearchAnswer
from domain.search.questions import RelevanceOrder, SearchQuestion
from search.search_index import SearchIndex


async def read_all(index: SearchIndex, question: SearchQuestion) -> dict[str, Any]:
    """Return what all adapters must say alike: hits of all pages, in their order where a key decides it."""
    pages: list[SearchAnswer] = [await index.search(question)]
    while pages[-1].has_next and question.first:
        pages.append(await index.search(replace(question, after=pages[-1].hits[-1].cursor)))
    found: list[NodeKey] = [hit.key for page in pages for hit in page.hits]
    is_ranked = any(isinstance(order, RelevanceOrder) for order in question.orders) or (
        not question.orders and question.terms
    )
    return {
        "hits": sorted(key.uuid.int for key in found) if is_ranked else [key.uuid.int for key in found],
        "pages": [(len(page.hits), page.total, page.has_next, page.completeness) for page in pages],
        "facets": [
            (facet.facet, [(type(one.value), one) for one in facet.buckets], facet.other, facet.missing, facet.exact)
            for facet in pages[0].facets
        ],
        "texts": {hit.key: hit.texts for page in pages for hit in page.hits},
    }
