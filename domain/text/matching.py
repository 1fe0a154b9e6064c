"""Whether indexed tokens have a term: the rule that every engine's query says in its own words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.text.fields import STEM, WHOLE, Tokens
from domain.text.terms import Term


def has_term(term: Term, texts: Iterable[Tokens]) -> bool:
    """Say whether one of the texts of a document has a term; a row never goes from one text to the next."""
    return any(_has(term, text) for text in texts)


def find_rows(parts: Sequence[str], row: Sequence[str], *, is_open: bool) -> list[int]:
    """Return where a row of parts begins; the last of an open one is only the start of a part."""
    *head, last = row
    size = len(row)
    return [
        at
        for at in range(len(parts) - size + 1)
        if (parts[at + size - 1].startswith(last) if is_open else parts[at + size - 1] == last)
        and all(parts[at + n] == part for n, part in enumerate(head))
    ]


def _has(term: Term, text: Tokens) -> bool:
    if not term:
        return False
    if term.whole is not None and _has_whole(term.whole, text, is_open=term.is_open):
        return True
    if term.stem is not None and STEM + term.stem in text.any:
        return True
    return bool(find_rows(text.parts, term.parts, is_open=term.is_open))


def _has_whole(whole: str, text: Tokens, *, is_open: bool) -> bool:
    if is_open:
        return any(term.startswith(WHOLE + whole) for term in text.any) or any(
            part.startswith(whole) for part in text.parts
        )
    return WHOLE + whole in text.any or whole in text.parts
