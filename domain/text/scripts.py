"""Characters by what they do in a word: which stand alone, which belong to the one before, which say nothing."""

from __future__ import annotations

import unicodedata
from functools import cache

CJK = (
    "\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Scripts written without blanks; Hangul is among them because its endings stick to the word."""

PICTOGRAPHS = "\u2300-\u23ff\u25b6\u25c0\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
FLAGS = "\U0001f1e6-\U0001f1ff"
TONES = "\U0001f3fb-\U0001f3ff"
JOINER = "\u200d"
VARIATIONS = "\ufe00-\ufe0f"
KEYCAP = "\u20e3"

SILENT = frozenset(
    "\u00ad\u034f\u061c\u0640\u180e\u2060\ufeff"  # soft hyphen, tatweel, word joiner and their kin
    + "".join(map(chr, range(0x200B, 0x2010)))
    + "".join(map(chr, range(0x202A, 0x202F)))
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0x0300, 0x0370)))  # accents that no composed letter takes in
    + "".join(map(chr, range(0x0591, 0x05BE)))  # Hebrew points
    + "".join(map(chr, range(0x064B, 0x0660)))  # Arabic vowels
    + "".join(map(chr, range(0x1F3FB, 0x1F400)))  # skin tones
)
"""What stands inside a word and is left out of it."""

_VOICED = "\uff9e\uff9f"  # half-width marks of kana
_JAMO = range(0x1160, 0x1200)


def is_mark(character: str) -> bool:
    """Say whether a character belongs to the one before it."""
    return character >= "\u0300" and (
        unicodedata.category(character)[0] == "M" or character in _VOICED or ord(character) in _JAMO
    )


@cache
def marks() -> str:
    """Return the marks of all scripts, and what is silent, as the inside of a regular expression's class."""
    ranges: list[list[int]] = []
    for code in range(0x00AD, 0x1F000):  # the few beyond are not of words; all planes would take ten times as long
        character = chr(code)
        if not (unicodedata.category(character)[0] == "M" or character in SILENT) or character in (KEYCAP, JOINER):
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges) + JOINER
