"""One form for what looks or is meant alike: compatibility forms, case, accents of Latin letters, digits."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass

from domain.text.scripts import SILENT, is_mark

TOKEN_BYTES = 200
"""UTF-8 bytes of a token; a longer one is its start and a digest."""

_KEPT_BYTES = 180
_LATIN = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "ı": "i", "ё": "е", "ς": "σ"}


@dataclass(frozen=True, slots=True)
class Composed:
    """A text in its compatibility form (NFKC), and where each of its characters stood; None: where it stands."""

    text: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the original of what stands from `start` to `end` here."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def compose(text: str) -> Composed:
    """Bring each character, with the marks behind it, into its compatibility form; linear."""
    if text.isascii() or unicodedata.is_normalized("NFKC", text):
        return Composed(text)
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and is_mark(text[end]):
            end += 1
        form = unicodedata.normalize("NFKC", text[at:end])
        out.append(form)
        starts += [at] * len(form)
        ends += [end] * len(form)
        at = end
    return Composed("".join(out), tuple(starts), tuple(ends))


def fold(text: str) -> str:
    """Return a composed word in lower case, without accents on Latin letters and what is silent."""
    lowered = text.lower()
    if lowered.isascii():
        return lowered
    return "".join([_fold_character(character) for character in lowered])


def limit(token: str) -> str:
    """Return a token that no engine refuses or cuts: one that is too long is its start and a digest."""
    if len(token) * 4 <= TOKEN_BYTES or len(raw := token.encode("utf-8", "replace")) <= TOKEN_BYTES:
        return token
    start = raw[:_KEPT_BYTES].decode("utf-8", "ignore")
    return f"{start}#{hashlib.blake2b(raw, digest_size=8).hexdigest()}"


def is_limited(token: str) -> bool:
    """Say whether a token is the start and the digest of a longer one."""
    return "#" in token and len(token.encode("utf-8", "replace")) > _KEPT_BYTES - 4


def _fold_character(character: str) -> str:
    if character < "\x80":
        return character
    if character in _LATIN:
        return _LATIN[character]
    if character in SILENT:
        return ""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    base = unicodedata.normalize("NFD", character)
    return base[0] if base[0] < "\x80" and len(base) > 1 else character
