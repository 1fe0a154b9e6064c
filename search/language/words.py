"""Words and phrases to look for, as they stand in a query, and as they are written back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from domain.errors import InvalidInput
from domain.filters import Filter, TextLeaf
from domain.text.terms import Term
from search.language.mistakes import show
from search.language.quoting import KEYWORDS, is_quoted, quote, unquote

if TYPE_CHECKING:
    from lark import Token

_BARE = re.compile(r"""[^\s()",'=<>!*\x00-\x1f\x7f]+(?:'[^\s()",'=<>!*\x00-\x1f\x7f]+)*""")
_KEYED = re.compile(r"(?:param|tag|metric|run|dataset|code|environment)\.", re.IGNORECASE)


def read_word(token: Token) -> Filter | None:
    """Return what looks for a word; a star at its end makes it the start of one; None for what has no token."""
    return _make(_cut_star(str(token), token), is_phrase=False)


def read_phrase(token: Token) -> Filter | None:
    """Return what looks for words in a row; a star at the end, in or behind the quotes, opens the last of them."""
    text = str(token)
    is_open = not is_quoted(text[-1:])
    inner, inner_open = _cut_star(unquote(text.removesuffix("*") if is_open else text), token)
    return _make((inner, is_open or inner_open), is_phrase=True)


def print_term(term: Term) -> str:
    """Return a word bare, a phrase in quotes. Raises `InvalidInput` for a word that no bare one stands for."""
    star = "*" if term.is_open else ""
    if term.is_phrase:
        return quote(term.typed + star)
    if _BARE.fullmatch(term.typed) is None or _KEYED.match(term.typed) or (term.typed + star).lower() in KEYWORDS:
        return f"text matches {quote(term.typed + star)}"
    return term.typed + star


def _make(read: tuple[str, bool], *, is_phrase: bool) -> Filter | None:
    term = Term(read[0], is_phrase=is_phrase, is_open=read[1])
    return TextLeaf(term) if term else None


def _cut_star(text: str, token: Token) -> tuple[str, bool]:
    """Return a text without the star at its end, and whether there was one. Raises `InvalidInput`."""
    inner = text.removesuffix("*")
    if "*" in inner:
        raise InvalidInput(f"a star stands at the end of a word or phrase only, not as in {show(token)}")
    if inner != text and not inner.strip():
        raise InvalidInput("a star alone means nothing: it stands at the end of a word")
    return inner, inner != text
