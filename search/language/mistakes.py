"""Where a text of a query is wrong, what was expected there, and what may have been meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from domain.errors import InvalidQuery

if TYPE_CHECKING:
    from lark import Token
    from lark.exceptions import UnexpectedCharacters

END = "the end of the query"
OPERATORS = ("=", "!=", "<", "<=", ">", ">=")

_EXPECTED = {
    "_AND": ("and",),
    "_OR": ("or",),
    "LPAR": ("(",),
    "RPAR": (")",),
    "COMMA": (",",),
    "OPERATOR": OPERATORS,
    "_BETWEEN": ("between",),
    "_IN": ("in",),
    "_EXISTS": ("exists",),
    "_MATCHES": ("matches",),
    "$END": (END,),
}
_COMPARISONS = frozenset({"OPERATOR", "_BETWEEN", "_IN", "_EXISTS", "_MATCHES"})
_SHOWN = 60


def fail(message: str, at: Token, *, expected: Sequence[str] = (), nearest: str | None = None) -> InvalidQuery:
    """Return the mistake that a token is."""
    return fail_at(message, line=at.line or 1, column=at.column or 1, expected=expected, nearest=nearest)


def fail_at(
    message: str, *, line: int, column: int, expected: Sequence[str] = (), nearest: str | None = None
) -> InvalidQuery:
    """Return the mistake at a place; the message says the place too, for people."""
    meant = f"; did you mean {nearest}?" if nearest else ""
    return InvalidQuery(f"line {line}, column {column}: {message}{meant}", line=line, column=column, expected=expected)


def find_nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like this one, if any is."""
    by_folded = {name.lower(): name for name in known}
    found = get_close_matches(word.lower()[:_SHOWN], by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def show(text: str) -> str:
    """Return a piece of the query as messages show it."""
    return repr(str(text)) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}..."  # a token's own repr shows its type


def explain_token(token: Token, accepted: Iterable[str]) -> InvalidQuery:
    """Return the mistake of a token where the grammar takes others."""
    found = set(accepted)
    if token.type in _COMPARISONS and "_NOT" in found and "CALL" not in found:
        told = f"{show(token)} compares nothing here: beside words a comparison stands behind and or or only"
        return fail(told, token, expected=["and", "or"])
    expected = _describe(found)
    told = f"expected {_join(expected)}"
    if token.type == "$END":
        return fail_at(f"{told}; the query ends here", line=token.end_line or 1, column=token.end_column or 1,
                       expected=expected)  # fmt: skip
    nearest = find_nearest(token, (word for word in expected if word.isalpha()))
    return fail(f"{told}, found {show(token)}", token, expected=expected, nearest=nearest)


def explain_character(error: UnexpectedCharacters) -> InvalidQuery:
    """Return the mistake of a character that begins nothing: a quote that is never closed, or a control character."""
    if error.char in ('"', "'"):
        return fail_at(f"the quote {error.char} that opens here is never closed", line=error.line, column=error.column,
                       expected=[error.char])  # fmt: skip
    return fail_at(f"the character {error.char!r} may stand in quotes only, written \\u{ord(error.char):04x}",
                   line=error.line, column=error.column)  # fmt: skip


def _describe(found: set[str]) -> list[str]:
    """Return in words what the grammar would take."""
    if "CALL" in found and "_NOT" in found:
        return ["a condition", "a word", "not", "("]
    if "CALL" in found:
        return ["a reference"]
    if "STRING" in found and "_NOT" in found:
        return ["a word", *_list_expected(found - {"LPAR"})]
    if "STRING" in found:
        return ["a value" if "TRUE" in found else "a key", *([")"] if "RPAR" in found else [])]
    return _list_expected(found)


def _list_expected(found: set[str]) -> list[str]:
    return [word for name, words in _EXPECTED.items() if name in found for word in words]


def _join(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
