"""The two fields that every index holds of a text: `any`, a bag, and `parts`, which have positions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from domain.text.chunks import analyse_chunk

GAP = 8
"""Free positions between two texts of one document: no row of parts goes from one to the next."""

STEM = "~"
WHOLE = "="
"""What the terms of `any` begin with."""

_CHUNK = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What is indexed of one text: the terms of `any`, sorted, and `parts`, in their order."""

    any: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.any or self.parts)


def make_tokens(text: str) -> Tokens:
    """Return what is indexed of a text: the stem of each part that has one, and each whole that is not a part."""
    wholes: set[str] = set()
    stems: set[str] = set()
    parts: list[str] = []
    for found in _CHUNK.finditer(text):
        chunk = analyse_chunk(found[0])
        for token in chunk.parts:  # loops: a chunk has one of each, and comprehensions take three times as long
            parts.append(token.text)  # noqa: PERF401
        for token in chunk.stems:
            stems.add(token.text)
        for token in chunk.wholes:
            wholes.add(token.text)
        for token in chunk.inner:
            wholes.add(token.text)
    bag = [STEM + stem for stem in stems] + [WHOLE + whole for whole in wholes.difference(parts)]
    return Tokens(tuple(sorted(bag)), tuple(parts))


def join_tokens(texts: Iterable[str]) -> list[Tokens]:
    """Return what is indexed of each text of a document; texts without a token are left out."""
    return [tokens for text in texts if (tokens := make_tokens(text))]
