"""Words that nobody used, and those that they may have meant, with their uses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from domain.filters import TextLeaf, iterate_leaves
from domain.ids import WorkspaceID
from domain.text.parsing import parse_text
from domain.text.similarity import group_nearest
from domain.text.terms import Term
from search.elastic.names import count_terms, find_neighbours

Find: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[list[str]]]
Count: TypeAlias = Callable[[Mapping[str, Any], int], Awaitable[list[int]]]


async def find_meant(
    workspace: WorkspaceID, text: str, *, find: Find, count: Count
) -> dict[str, list[tuple[str, int]]]:
    """Return each word of a text that finds nothing, with the words a few edits away that find something."""
    leaves = [leaf for leaf in iterate_leaves(parse_text(text)) if isinstance(leaf, TextLeaf)]
    words = list(dict.fromkeys(leaf.term for leaf in leaves if len(leaf.term.parts) == 1))
    counts = await count(count_terms(workspace, words), len(words))
    unknown = [word.parts[0] for word, found in zip(words, counts, strict=True) if not found]
    known = await asyncio.gather(*(_find_known(workspace, word, find=find, count=count) for word in unknown))
    return dict(zip(unknown, known, strict=True))


async def _find_known(workspace: WorkspaceID, word: str, *, find: Find, count: Count) -> list[tuple[str, int]]:
    """Return the likeliest of the words in use, with their uses; only as many are counted as it takes."""
    for group in group_nearest(word, await find(find_neighbours(workspace, word))):
        counts = await count(count_terms(workspace, [Term(one, is_phrase=True) for one in group]), len(group))
        if any(counts):
            return [(one, uses) for one, uses in zip(group, counts, strict=True) if uses]
    return []
