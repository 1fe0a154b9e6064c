"""Words that are alike but for a typo: by three letters in a row to find them, by edits to rank them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from domain.text.folding import compose, fold

_BLANKS = re.compile(r"[\s_./:-]+")
_LONGEST = 128


def fold_name(text: str) -> str:
    """Return a name as names are compared: folded, its separators one blank."""
    return _BLANKS.sub(" ", fold(compose(text[:_LONGEST]).text)).strip()


def make_grams(text: str) -> tuple[str, ...]:
    """Return the trigrams of a name, sorted, each once; two blanks before each word, one behind it."""
    grams: set[str] = set()
    for word in fold_name(text).split():
        padded = f"  {word} "
        grams.update(padded[at : at + 3] for at in range(len(padded) - 2))
    return tuple(sorted(grams))


def measure_distance(left: str, right: str, *, most: int) -> int:
    """Return how many insertions, deletions, replacements and swaps of neighbours lead from one text to the other
    (Damerau and Levenshtein, restricted: nothing is edited twice); `most` + 1 for more.
    """
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(right, 1):
            cost = min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def allow_edits(word: str) -> int:
    """Return how many edits a typo of a word may be: none of one or two letters, one of up to five, two of more."""
    return 0 if len(word) < 3 else 1 if len(word) < 6 else 2


def find_nearest(word: str, known: Iterable[tuple[str, int]]) -> str | None:
    """Return the known word (each with its number of uses) that a word is a typo of, the likeliest; None if none is."""
    most = allow_edits(word)
    ranked = [
        (distance, text[:1] != word[:1], -uses, text)
        for text, uses in known
        if 0 < (distance := measure_distance(word, text, most=most)) <= most
    ]
    return min(ranked)[3] if ranked else None


def group_nearest(word: str, known: Iterable[str]) -> list[list[str]]:
    """Return the known words that a word may be a typo of, in groups, the likeliest group first: which of a group is
    the likeliest only their uses tell (`find_nearest`), and nobody need count those of the others.
    """
    most = allow_edits(word)
    groups: dict[tuple[int, bool], list[str]] = {}
    for text in known:
        if 0 < (distance := measure_distance(word, text, most=most)) <= most:
            groups.setdefault((distance, text[:1] != word[:1]), []).append(text)
    return [groups[key] for key in sorted(groups)]


def rank_name(typed: str, name: str) -> tuple[int, int] | None:
    """Return how well a name answers what was typed, the least the best; None where it is no answer.

    It begins with it; a later word of it does; its beginning, or that of a later word, is a typo of it.
    """
    asked, known = fold_name(typed), fold_name(name)
    if not asked:
        return (0, 0)
    if known.startswith(asked):
        return (0, 0)
    starts = [at + 1 for at, character in enumerate(known) if character == " "]
    if any(known.startswith(asked, at) for at in starts):
        return (1, 0)
    edits = allow_edits(asked)
    best = min((_measure_start(asked, known[at:], edits) for at in [0, *starts]), default=edits + 1)
    return (2, best) if 0 < best <= edits else None


def _measure_start(asked: str, known: str, edits: int) -> int:
    """Return the edits from what was typed to the start of a name."""
    sizes = range(max(0, len(asked) - edits), len(asked) + edits + 1)
    return min((measure_distance(asked, known[:size], most=edits) for size in sizes if size <= len(known)),
               default=edits + 1)  # fmt: skip
