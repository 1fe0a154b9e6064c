"""Making JSON of what people give as parameters and tags, without ever failing over it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

_INT64 = 1 << 63
_DEPTH = 20


def make_params(params: Mapping[Any, Any]) -> dict[str, Any]:
    """Return parameters as JSON: numbers, texts, booleans, lists and objects; anything else as its text."""
    return {str(key): _json(value, _DEPTH) for key, value in params.items() if value is not None}


def make_tags(tags: Mapping[Any, Any]) -> dict[str, str]:
    """Return tags as texts."""
    return {str(key): _text(value) for key, value in tags.items()}


def _json(value: Any, depth: int) -> Any:
    if value is None or value.__class__ in (str, bool):
        return value if value is None or value is True or value is False else _clean(value)
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, int):
        return int(value) if -_INT64 <= value < _INT64 else str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if depth and isinstance(value, Mapping):
        return {str(key): _json(held, depth - 1) for key, held in value.items()}
    if depth and isinstance(value, (list, tuple, set, frozenset)):
        return [_json(held, depth - 1) for held in value]
    return _read_scalar(value)


def _read_scalar(value: Any) -> Any:
    """Return the number of a scalar of numpy or torch, else the text of whatever it is."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", None) == 0:
        return _json(item(), 0)
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _clean(str(value) if isinstance(value, (str, int, float, PurePath)) else repr(value))


def _clean(text: str) -> str:
    """Return a text without what no text of the record may hold: NUL, and halves of a surrogate pair."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
