"""Texts and keys in quotes: reading them, and writing them so that they are read as they were."""

from __future__ import annotations

import re

from domain.errors import InvalidInput

KEYWORDS = frozenset({"and", "or", "not", "between", "in", "exists", "matches", "true", "false"})
"""Words that must stand in quotes where they are meant as text."""

_NUMBER_WORDS = frozenset({"nan", "inf", "infinity", "now"})
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_./:@-]*", re.ASCII)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {'"': '"', "'": "'", "\\": "\\", "/": "/", "n": "\n", "r": "\r", "t": "\t"}
_TO_ESCAPE = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def is_quoted(text: str) -> bool:
    """Say whether a token is a text in quotes."""
    return text[:1] in ('"', "'")


def unquote(text: str) -> str:
    """Return what stands in quotes. Raises `InvalidInput` for an escape that is none."""
    inner = text[1:-1]
    return _ESCAPE.sub(_unescape, inner) if "\\" in inner else inner


def _unescape(found: re.Match[str]) -> str:
    if found[1] is not None:
        return chr(int(found[1], 16))
    if found[2] not in _ESCAPED:
        raise InvalidInput(f"\\{found[2]} is no escape; there are \\\" \\' \\\\ \\/ \\n \\r \\t \\uXXXX")
    return _ESCAPED[found[2]]


def quote(text: str) -> str:
    """Return a text in quotes; what cannot be seen is escaped."""
    return f'"{_TO_ESCAPE.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return _SHORT.get(character) or f"\\u{ord(character):04x}"


def quote_if_needed(text: str) -> str:
    """Return a text bare where nobody could read it as anything else, in quotes otherwise."""
    return text if _is_plain(text) else quote(text)


def _is_plain(text: str) -> bool:
    return _BARE.fullmatch(text) is not None and text.lower() not in KEYWORDS | _NUMBER_WORDS
