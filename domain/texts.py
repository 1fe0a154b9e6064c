"""The texts that Whence takes: how long they may be and what they may hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.errors import InvalidInput, TooLarge

KEY_LIMIT = 500
"""Characters of a key, and of a name."""

TEXT_LIMIT = 64 * 1024
"""UTF-8 bytes of a tag, a parameter, a description."""

NOTE_LIMIT = 1024 * 1024
"""UTF-8 bytes of a note."""


def check_key(text: str, *path: str) -> str:
    """Return a key of a parameter, metric or tag, or raise."""
    return _check_short(text, "a key", path)


def check_keys(texts: Sequence[str], *path: str) -> tuple[str, ...]:
    """Return keys, or raise as `check_key` does for the first that is none, with its index in the path.

    Requests bring a thousand keys at a time: looking at all of them together takes a third of the time.
    """
    lengths = list(map(len, texts))
    together = "".join(texts)
    if (
        lengths
        and min(lengths) > 0
        and max(lengths) <= KEY_LIMIT
        and together.isascii()
        and "\0" not in together
        and not any(map(str.isspace, texts))
    ):
        return tuple(texts)
    return tuple(check_key(text, *path, str(index)) for index, text in enumerate(texts))


def check_name(text: str, *path: str) -> str:
    """Return a name of an experiment, run or node, or raise."""
    return _check_short(text, "a name", path)


def check_text(text: str, *path: str) -> str:
    """Return a text value, which may be empty, or raise."""
    return _check_long(text, TEXT_LIMIT, path)


def check_note(text: str, *path: str) -> str:
    """Return the text of a note, or raise."""
    if not text.strip():
        raise InvalidInput("a note without text says nothing", path=path)
    return _check_long(text, NOTE_LIMIT, path)


def shown(value: Any) -> str:
    """Return a value as messages name it: short, and never with characters that cannot be sent."""
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:60]}... ({len(text)} characters)"


def _check_short(text: str, what: str, path: tuple[str, ...]) -> str:
    if not text or text.isspace():
        raise InvalidInput(f"{shown(text)} is not {what}: it must not be empty", path=path)
    if len(text) > KEY_LIMIT:
        raise TooLarge(f"{shown(text)} has {len(text)} characters; {what} has at most {KEY_LIMIT}", path=path)
    _check_characters(text, path)
    return text


def _check_long(text: str, limit: int, path: tuple[str, ...]) -> str:
    _check_characters(text, path)
    if len(text) * 4 > limit and (size := len(text.encode("utf-8"))) > limit:
        raise TooLarge(f"{shown(text)} has {size} bytes in UTF-8; at most {limit} are taken", path=path)
    return text


def _check_characters(text: str, path: tuple[str, ...]) -> None:
    if "\0" in text:
        raise InvalidInput(f"{shown(text)} holds a NUL character at {text.index(chr(0))}", path=path)
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as exc:
            raise InvalidInput(f"{shown(text)} holds a lone surrogate at {exc.start}", path=path) from exc
