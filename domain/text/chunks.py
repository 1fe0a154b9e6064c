"""What stands between two blanks, cut into wholes, parts and stems; remembered, because text repeats itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

import Stemmer

from domain.text.folding import Composed, compose, fold, limit
from domain.text.scripts import CJK, FLAGS, JOINER, KEYCAP, PICTOGRAPHS, TONES, VARIATIONS, marks

REMEMBERED = 1 << 15
"""Chunks whose analysis is kept: 0.9 us a part instead of 5.6. 20 million words have 113,000 distinct ones."""

_REMEMBERED_LENGTH = 64
_STEMMED = range(3, 65)
_NUMBER = re.compile(r"(?<![\w.])[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w]|\.\d)")
_POSSESSIVE = re.compile(r"['’]s$")
_CONNECTORS = re.compile(r"[-_]")
_RUN = re.compile(r"[^-._'’@]+")
_STEP = re.compile(r"[^/@]+")
_PICTOGRAPH = re.compile(rf"[0-9#*][{VARIATIONS}]?{KEYCAP}|[{FLAGS}]{{2}}|[{PICTOGRAPHS}]")


class Token(NamedTuple):
    """A token, the position of its (first) part, and its place in the original text, in code points."""

    text: str
    position: int
    start: int
    end: int


class Chunk(NamedTuple):
    """The tokens of a chunk; positions and places count from its start. `inner`: wholes within a word, which only texts
    have: of `nn.LayerNorm` `layernorm`, of `ResNet50` `resnet`.
    """

    wholes: tuple[Token, ...]
    parts: tuple[Token, ...]
    stems: tuple[Token, ...]
    inner: tuple[Token, ...] = ()


def analyse_chunk(text: str) -> Chunk:
    """Return the tokens of a text without blanks; what blanks are hidden in it part words too."""
    return _remembered(text) if len(text) <= _REMEMBERED_LENGTH else _analyse(text)


@lru_cache(REMEMBERED)
def _remembered(text: str) -> Chunk:
    return _analyse(text)


@cache
def _token() -> re.Pattern[str]:
    letter = rf"(?:(?![{CJK}])\w|[{marks()}])"
    emoji = rf"(?:{_PICTOGRAPH.pattern})[{VARIATIONS}{TONES}]*"
    return re.compile(
        rf"(?P<emoji>{emoji}(?:{JOINER}{emoji})*)"
        rf"|(?P<cjk>[{CJK}][{CJK}\u3099\u309a]*)"
        rf"|(?:(?![{CJK}])\w){letter}*(?:[-._'’@/](?=(?![{CJK}])\w){letter}+)*"
    )


@cache
def _piece() -> re.Pattern[str]:
    return re.compile(rf"(?:[^\W\d_]|[{marks()}])+|\d+")


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")  # holds the interpreter's lock while it works, so threads may share it


def _analyse(text: str) -> Chunk:
    return _Analyser(compose(text)).run()


class _Analyser:
    """Collects the tokens of one chunk."""

    def __init__(self, composed: Composed) -> None:
        self._composed = composed
        self._wholes: list[Token] = []
        self._parts: list[Token] = []
        self._stems: list[Token] = []
        self._inner: list[Token] = []

    def run(self) -> Chunk:
        for found in _find(self._composed.text):
            word, start = found[0], found.start()
            match found.lastgroup:
                case "emoji":
                    self._add_emoji(word, start)
                case "cjk":
                    self._add_characters(word, start)
                case _ if found.re is _NUMBER:
                    self._add_number(word, start)
                case _:
                    for step in _STEP.finditer(word):  # of a path or an address each step is a word of its own
                        self._add_word(_POSSESSIVE.sub("", step[0]), start + step.start())
        return Chunk(tuple(self._wholes), tuple(self._parts), tuple(self._stems), tuple(self._inner))

    def _add_number(self, word: str, start: int) -> None:
        number = fold(word).lstrip("+")
        self._whole(number, start, start + len(word))
        self._part(number, start, start + len(word))

    def _add_emoji(self, word: str, start: int) -> None:
        pieces = list(_PICTOGRAPH.finditer(word))
        self._whole("".join(_plain(piece[0]) for piece in pieces), start, start + len(word))
        for index, piece in enumerate(pieces):
            end = pieces[index + 1].start() if index + 1 < len(pieces) else len(word)
            self._part(_plain(piece[0]), start + piece.start(), start + end)

    def _add_characters(self, word: str, start: int) -> None:
        for at, character in enumerate(word):
            self._whole(character, start + at, start + at + 1)
            if at + 1 < len(word):
                self._part(word[at : at + 2], start + at, start + at + 2)
        if len(word) == 1:
            self._part(word, start, start + 1)

    def _add_word(self, word: str, start: int) -> None:
        self._whole(_CONNECTORS.sub("", fold(word)), start, start + len(word))
        for run in _RUN.finditer(word):
            self._add_run(run[0], start + run.start(), is_word=run[0] == word)

    def _add_run(self, run: str, start: int, *, is_word: bool) -> None:
        """Add the parts of what no sign parts. What is typed in small letters has no camel case to be cut by: so each
        run, and each row of letters, that was cut is a whole within the word too.
        """
        position, was_cut = len(self._parts), False
        for piece in _piece().finditer(run):
            at, begin = 0, start + piece.start()
            cuts = _cut_case(piece[0])
            if len(cuts) > 1:
                was_cut = True
                if piece[0] != run:
                    self._within(piece[0], len(self._parts), begin)
            for cut in cuts:
                self._part(fold(piece[0][at:cut]), begin + at, begin + cut)
                at = cut
        if was_cut and not is_word:
            self._within(run, position, start)

    def _within(self, text: str, position: int, start: int) -> None:
        if folded := fold(text):
            self._inner.append(Token(limit(folded), position, *self._composed.place(start, start + len(text))))

    def _whole(self, text: str, start: int, end: int) -> None:
        if text:
            self._wholes.append(Token(limit(text), len(self._parts), *self._composed.place(start, end)))

    def _part(self, text: str, start: int, end: int) -> None:
        if not text:
            return
        place = self._composed.place(start, end)
        position = len(self._parts)
        self._parts.append(Token(limit(text), position, *place))
        if len(text) in _STEMMED and text.isascii() and text.isalpha():
            self._stems.append(Token(_stemmer().stemWord(text), position, *place))


def _find(text: str) -> Iterator[re.Match[str]]:
    """Give numbers and other tokens, the first first. A number is looked for again only when the last one is used
    up: otherwise the whole would be quadratic.
    """
    token, end = _token(), 0
    number = _NUMBER.search(text)
    other = token.search(text)
    while True:
        if number and number.start() < end:
            number = _NUMBER.search(text, end)
        if other and other.start() < end:
            other = token.search(text, end)
        # A keycap begins with a digit and is an emoji.
        is_number = number and (not other or number.start() < other.start() + (other.lastgroup != "emoji"))
        found = number if is_number else other
        if not found:
            return
        yield found
        end = found.end()


def _cut_case(piece: str) -> list[int]:
    """Return where the parts of a word in camel case end: before a capital behind a small letter, and before the last
    capital of several that a small letter follows.
    """
    if piece.islower() or piece.isupper() or not any(map(str.isupper, piece[1:])):
        return [len(piece)]
    cuts = [
        at
        for at in range(1, len(piece))
        if piece[at].isupper()
        and (piece[at - 1].islower() or (piece[at - 1].isupper() and piece[at + 1 : at + 2].islower()))
    ]
    return [*cuts, len(piece)]


def _plain(pictograph: str) -> str:
    return "".join(character for character in pictograph if character not in "\ufe0e\ufe0f")
