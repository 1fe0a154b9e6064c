"""Did you mean: the same text with the words that nobody used replaced by the nearest that somebody did."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from domain.text.analysis import analyse
from domain.text.similarity import find_nearest


def correct_text(text: str, candidates: Mapping[str, Iterable[tuple[str, int]]]) -> str | None:
    """Return a text with each word of `candidates` (folded, with the words it may have meant and their uses) replaced
    where it stands; None where no word is.
    """
    nearest = {word: found for word, known in candidates.items() if (found := find_nearest(word, known))}
    if not nearest:
        return None
    pieces: list[str] = []
    at = 0
    for chunk in re.finditer(r'[^\s"()*]+', text):
        parts = analyse(chunk[0]).parts
        if len(parts) == 1 and (part := parts[0]).text in nearest:
            pieces += [text[at : chunk.start() + part.start], nearest[part.text]]
            at = chunk.start() + part.end
    return "".join([*pieces, text[at:]])
