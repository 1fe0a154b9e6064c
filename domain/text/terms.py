"""What a query asks a text for: a word, a phrase, or the start of either."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.errors import InvalidInput, TooLarge
from domain.text.analysis import analyse
from domain.text.folding import is_limited
from domain.texts import shown

ROW_LIMIT = 64
"""Parts of a word or phrase."""

PREFIX_LEAST = 2
"""Characters that a prefix has at least, those of all its parts together."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase as it was typed, and its tokens. `is_open`: the last of it is only a start.

    It matches by `parts` in a row, the last of them open where the term is; a word, or what is open, also by
    its `whole`, if it has exactly one; a word of one part that is not open also by its `stem`.
    """

    typed: str
    is_phrase: bool = False
    is_open: bool = False
    parts: tuple[str, ...] = field(default=(), init=False, compare=False)
    whole: str | None = field(default=None, init=False, compare=False)
    stem: str | None = field(default=None, init=False, compare=False)

    def __post_init__(self) -> None:
        found = analyse(self.typed)
        parts = tuple(token.text for token in found.parts)
        if len(parts) > ROW_LIMIT:
            raise TooLarge(f"{shown(self.typed)} has {len(parts)} parts in a row; at most {ROW_LIMIT} are taken")
        if self.is_open and parts:
            self._check_prefix(parts)
        by_whole = (self.is_open or not self.is_phrase) and len(found.wholes) == 1
        by_stem = not (self.is_open or self.is_phrase) and len(parts) == 1 and bool(found.stems)
        object.__setattr__(self, "parts", parts)
        whole = found.wholes[0].text if by_whole else None
        # What is longer than a token is kept as its start and a digest, which only the same word begins with.
        is_lost = self.is_open and whole is not None and is_limited(whole)
        object.__setattr__(self, "whole", None if is_lost else whole)
        object.__setattr__(self, "stem", found.stems[0].text if by_stem else None)

    def __bool__(self) -> bool:
        """Say whether there is anything to look for: `&` and `->` have no tokens."""
        return bool(self.parts)

    def __str__(self) -> str:
        star = "*" if self.is_open else ""
        return f'"{self.typed}{star}"' if self.is_phrase else f"{self.typed}{star}"

    def _check_prefix(self, parts: tuple[str, ...]) -> None:
        if sum(map(len, parts)) < PREFIX_LEAST:
            raise InvalidInput(f"the prefix {shown(self.typed)}* is too short: it has at least {PREFIX_LEAST} letters")
        if any(map(is_limited, parts)):
            raise TooLarge(f"the prefix {shown(self.typed)}* is longer than any token that is kept")
