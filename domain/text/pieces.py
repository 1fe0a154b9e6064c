"""Long texts in pieces that Postgres takes whole: it drops, without a word, what goes beyond its limits.

A `tsvector` keeps 255 positions of a lexeme, positions to 16,383, and is refused at 1 MB. Pieces overlap by the longest
phrase, so every word and phrase stands whole in one of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from domain.text.analysis import Analysis, analyse
from domain.text.chunks import Token
from domain.text.fields import STEM, WHOLE, Tokens, make_tokens
from domain.text.terms import ROW_LIMIT

OCCURRENCES = 255
POSITIONS = 16_000
BYTES = 400_000
OVERLAP = ROW_LIMIT - 1

_PLAIN = 100_000
"""Characters of a text that is first tried as one piece, which nearly every note is: half the work."""

_OVERHEAD = 9
"""Bytes around a lexeme: quotes, a sign, a position."""


def make_pieces(text: str) -> list[Tokens]:
    """Return the tokens of a text in as few pieces as it takes; none for a text without a token."""
    if len(text) <= _PLAIN and _fits(tokens := make_tokens(text)):
        return [tokens] if tokens else []
    return list(_cut(analyse(text)))


def make_value_tokens(text: str) -> Tokens:
    """Return the tokens of a value of a tag or parameter: of one that is too long for one piece, those of the first."""
    pieces = make_pieces(text)
    return pieces[0] if pieces else Tokens()


def _fits(tokens: Tokens) -> bool:
    """Say whether Postgres surely takes tokens in one piece."""
    terms = (*tokens.any, *tokens.parts)
    size = 4 * sum(map(len, terms)) + _OVERHEAD * len(terms)
    return (
        len(tokens.parts) <= POSITIONS
        and size <= BYTES
        and (len(tokens.parts) <= OCCURRENCES or max(Counter(tokens.parts).values()) <= OCCURRENCES)
    )


def _cut(found: Analysis) -> Iterator[Tokens]:
    parts = [token.text for token in found.parts]
    bags = _gather(found)
    start = 0
    while start < len(parts):
        end = _find_end(parts, bags, start)
        yield _make_piece(parts, bags, start, end)
        if end == len(parts):
            return
        start = end - OVERLAP


def _gather(found: Analysis) -> dict[int, list[str]]:
    """Return the terms of `any` by the position at which they begin."""
    bags: dict[int, list[str]] = defaultdict(list)

    def add(tokens: tuple[Token, ...], sign: str) -> None:
        for token in tokens:
            # A whole that begins behind the last part (no part of its own) goes with the last.
            bags[min(token.position, len(found.parts) - 1)].append(sign + token.text)

    add(found.wholes, WHOLE)
    add(found.inner, WHOLE)
    add(found.stems, STEM)
    return bags


def _find_end(parts: list[str], bags: dict[int, list[str]], start: int) -> int:
    counts: Counter[str] = Counter()
    size = 0
    for at in range(start, min(len(parts), start + POSITIONS)):
        size += sum(len(term.encode()) + _OVERHEAD for term in (parts[at], *bags.get(at, ())))
        counts[parts[at]] += 1
        if counts[parts[at]] > OCCURRENCES or (size > BYTES and at > start + OVERLAP):
            return at
    return min(len(parts), start + POSITIONS)


def _make_piece(parts: list[str], bags: dict[int, list[str]], start: int, end: int) -> Tokens:
    row = tuple(parts[start:end])
    known = set(row)
    bag = {term for at in range(start, end) for term in bags.get(at, ())}
    kept = (term for term in bag if term[0] == STEM or term[1:] not in known)
    return Tokens(tuple(sorted(kept)), row)
