"""Suggestions and corrections: names in use that begin like what was typed, or are a typo away from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.filters import TextLeaf, iterate_leaves
from domain.ids import WorkspaceID
from domain.pages import COUNT_LIMIT
from domain.search.answers import Suggestion, SuggestionKind
from domain.text.parsing import parse_text
from domain.text.similarity import group_nearest, rank_name
from domain.text.terms import Term
from store.search.vocabulary import NAME, TAG_VALUE, WORD
from store.texts import write_gram_query, write_tsquery

CANDIDATES = 40
"""Names that are ranked again here."""

COUNTED = 1000
"""Uses of a word that are counted to rank it among others."""

KEYS = frozenset({SuggestionKind.PARAM_KEY, SuggestionKind.METRIC_KEY, SuggestionKind.TAG_KEY})
KINDS = {SuggestionKind.NAME: NAME, SuggestionKind.TAG_VALUE: TAG_VALUE}

LIKE_KEYS = """
SELECT name AS text, id FROM keys WHERE workspace = :workspace AND tokens @@ CAST(:query AS tsquery)
ORDER BY ts_rank(tokens, CAST(:query AS tsquery)) / (8 + length(name)) DESC, name LIMIT :most
"""
LIKE_WORDS = """
SELECT text FROM vocabulary WHERE workspace = :workspace AND kind = :kind AND tokens @@ CAST(:query AS tsquery)
ORDER BY ts_rank(tokens, CAST(:query AS tsquery)) / (8 + length(text)) DESC, text LIMIT :most
"""
COUNTS = {
    SuggestionKind.PARAM_KEY: "SELECT FROM parameters WHERE workspace = :workspace AND key = asked.id",
    SuggestionKind.METRIC_KEY: "SELECT FROM metric_summaries WHERE workspace = :workspace AND key = asked.id",
    SuggestionKind.TAG_KEY: "SELECT FROM tags WHERE workspace = :workspace AND key = asked.id",
    SuggestionKind.TAG_VALUE: (
        "SELECT FROM keys k JOIN tags t ON t.workspace = k.workspace AND t.key = k.id "
        "WHERE k.workspace = :workspace AND left(t.value, 128) = asked.text"
    ),
    SuggestionKind.NAME: " UNION ALL ".join(
        f"SELECT FROM {table} WHERE workspace = :workspace AND left({column}, 128) = asked.text"
        for table, column in (("runs", "name"), ("experiments", "name"), ("datasets", "name"), ("models", "name"))
    ),
}
COUNT = """
SELECT asked.text, (SELECT count(*) FROM ({uses} LIMIT :limit) few) AS uses
FROM unnest(CAST(:texts AS text[]), CAST(:ids AS integer[])) AS asked (text, id)
"""
COUNT_WORDS = """
SELECT asked.text, (SELECT count(*) FROM (
    SELECT FROM texts
    WHERE workspace = :workspace AND kind = 4 AND pieces = 1 AND tokens @@ CAST(asked.query AS tsquery)
    UNION ALL SELECT FROM texts WHERE workspace = :workspace AND kind <> 4 AND tokens @@ CAST(asked.query AS tsquery)
    LIMIT :limit) few) AS uses
FROM unnest(CAST(:texts AS text[]), CAST(:queries AS text[])) AS asked (text, query)
"""
IS_USED = """
SELECT EXISTS (SELECT FROM texts WHERE workspace = :workspace AND kind = 4 AND pieces = 1 AND tokens @@ {query})
    OR EXISTS (SELECT FROM texts WHERE workspace = :workspace AND kind = 4 AND pieces > 1 AND tokens @@ {query})
    OR EXISTS (SELECT FROM texts WHERE workspace = :workspace AND kind <> 4 AND tokens @@ {query})
    OR EXISTS (SELECT FROM tags WHERE workspace = :workspace AND tokens @@ {query})
    OR EXISTS (SELECT FROM parameters WHERE workspace = :workspace AND tokens @@ {query})
    OR EXISTS (SELECT FROM keys WHERE workspace = :workspace AND tokens @@ {query})
""".format(query="CAST(:query AS tsquery)")


async def fetch_suggestions(
    conn: AsyncConnection, workspace: WorkspaceID, prefix: str, kinds: Collection[SuggestionKind], *, first: int
) -> list[Suggestion]:
    """Return names in use, the likeliest first; two statements a kind."""
    found: list[tuple[tuple[int, int], int, Suggestion]] = []
    for kind in sorted(kinds):
        rows = await _fetch_like(conn, workspace, prefix, kind)
        ranked = {row[0]: rank for row in rows if (rank := rank_name(prefix, row[0])) is not None}
        counts = await _count(conn, workspace, kind, [row for row in rows if row[0] in ranked])
        found += [(ranked[text], -count, Suggestion(kind, text, count)) for text, count in counts.items() if count]
    found.sort(key=lambda one: (one[0], one[1], one[2].text, one[2].kind))
    return [suggestion for _, _, suggestion in found[:first]]


async def fetch_candidates(
    conn: AsyncConnection, workspace: WorkspaceID, text: str
) -> dict[str, list[tuple[str, int]]]:
    """Return for each word of a text that nobody used the words that it may have meant, with their uses."""
    candidates: dict[str, list[tuple[str, int]]] = defaultdict(list)
    words = [leaf.term for leaf in iterate_leaves(parse_text(text)) if isinstance(leaf, TextLeaf)]
    for term in words:
        if len(term.parts) != 1 or term.is_open or await _is_used(conn, workspace, term):
            continue
        query = {"workspace": workspace, "kind": WORD, "query": write_gram_query(term.parts[0]), "most": CANDIDATES}
        like = list((await conn.execute(sa.text(LIKE_WORDS), query)).scalars())
        for group in group_nearest(term.parts[0], like):
            queries = [write_tsquery(Term(word)) for word in group]
            values = {"workspace": workspace, "texts": group, "queries": queries, "limit": COUNTED}
            rows = await conn.execute(sa.text(COUNT_WORDS), values)
            if used := [(row.text, row.uses) for row in rows if row.uses]:
                candidates[term.parts[0]] = used
                break
    return dict(candidates)


async def _fetch_like(
    conn: AsyncConnection, workspace: WorkspaceID, prefix: str, kind: SuggestionKind
) -> Sequence[Any]:
    query = write_gram_query(prefix)
    if not query:
        return []
    values: dict[str, Any] = {"workspace": workspace, "query": query, "most": CANDIDATES}
    if kind in KEYS:
        return (await conn.execute(sa.text(LIKE_KEYS), values)).all()
    return (await conn.execute(sa.text(LIKE_WORDS), {**values, "kind": KINDS[kind]})).all()


async def _count(
    conn: AsyncConnection, workspace: WorkspaceID, kind: SuggestionKind, rows: Sequence[Any]
) -> dict[str, int]:
    if not rows:
        return {}
    ids = [row.id for row in rows] if kind in KEYS else [0] * len(rows)
    values = {"workspace": workspace, "texts": [row.text for row in rows], "ids": ids, "limit": COUNT_LIMIT}
    counted = await conn.execute(sa.text(COUNT.format(uses=COUNTS[kind])), values)
    return {row.text: row.uses for row in counted}


async def _is_used(conn: AsyncConnection, workspace: WorkspaceID, term: Term) -> bool:
    return bool(await conn.scalar(sa.text(IS_USED), {"workspace": workspace, "query": write_tsquery(term)}))
