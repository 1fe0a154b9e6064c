"""A text as its tokens: whole words, their parts in a row, and stems."""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.text.chunks import Token, analyse_chunk

_CHUNK = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Analysis:
    """The tokens of a text. Positions count parts from 0; places are code points of the text as it was given. `inner`:
    wholes within words, by which a text is found and nothing is looked for.
    """

    wholes: tuple[Token, ...] = ()
    parts: tuple[Token, ...] = ()
    stems: tuple[Token, ...] = ()
    inner: tuple[Token, ...] = ()


def analyse(text: str) -> Analysis:
    """Return the tokens of a text; linear, a microsecond a part."""
    wholes: list[Token] = []
    parts: list[Token] = []
    stems: list[Token] = []
    inner: list[Token] = []
    for found in _CHUNK.finditer(text):
        chunk = analyse_chunk(found[0])
        start, position = found.start(), len(parts)
        wholes += _shift(chunk.wholes, position, start)
        stems += _shift(chunk.stems, position, start)
        inner += _shift(chunk.inner, position, start)
        parts += _shift(chunk.parts, position, start)
    return Analysis(tuple(wholes), tuple(parts), tuple(stems), tuple(inner))


def _shift(tokens: tuple[Token, ...], position: int, start: int) -> list[Token]:
    return [Token(text, position + at, start + begin, start + end) for text, at, begin, end in tokens]
