"""Words that nobody used, and the ones that were meant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from domain.ids import WorkspaceID
from domain.text.analysis import analyse
from domain.text.lexing import Lexeme, make_term, split_text
from domain.text.similarity import find_nearest
from domain.text.terms import Term
from search.elastic.names import count_terms, find_neighbours

Find: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[list[str]]]
Count: TypeAlias = Callable[[Mapping[str, Any], int], Awaitable[list[int]]]


async def correct_text(workspace: WorkspaceID, text: str, *, find: Find, count: Count) -> str | None:
    """Return a text whose words that find nothing are replaced by the nearest that do; None if that changes nothing."""
    lexemes = [one for one in split_text(text) if one.kind in ("word", "phrase")]
    asked = [(one, make_term(text, one)) for one in lexemes]
    words = [(one, term) for one, term in asked if term and not term.is_open]
    counts = await count(count_terms(workspace, [term for _, term in words]), len(words))
    corrected = text
    for (lexeme, _), found in reversed(list(zip(words, counts, strict=True))):
        if not found:
            corrected = await _correct(workspace, corrected, lexeme, find=find, count=count)
    return None if corrected == text else corrected


async def _correct(workspace: WorkspaceID, text: str, lexeme: Lexeme, *, find: Find, count: Count) -> str:
    """Replace the parts of one word or phrase that nobody used, the last first, so that places stay."""
    start = lexeme.at + (1 if lexeme.kind == "phrase" else 0)
    parts = analyse(lexeme.text).parts
    used = await count(count_terms(workspace, [Term(part.text, is_phrase=True) for part in parts]), len(parts))
    for part, uses in reversed(list(zip(parts, used, strict=True))):
        if uses:
            continue
        known = await find(find_neighbours(workspace, part.text))
        counts = await count(count_terms(workspace, [Term(word, is_phrase=True) for word in known]), len(known))
        nearest = find_nearest(part.text, [(word, n) for word, n in zip(known, counts, strict=True) if n])
        if nearest is not None:
            text = text[: start + part.start] + nearest + text[start + part.end :]
    return text
