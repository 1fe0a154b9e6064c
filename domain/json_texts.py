"""The one text of a JSON value: keys sorted, nothing between tokens; what no other reader could read is refused."""

from __future__ import annotations

import json
import math
from typing import Any

from domain.errors import InvalidInput

DEPTH_LIMIT = 100
LARGEST = (1 << 1024) - 1


def write_canonical(value: Any, *path: str) -> str:
    """Return the canonical text. Raises `InvalidInput` for NaN, infinities, NUL, lone surrogates and deep nesting."""
    _check(value, path, 0)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _check(value: Any, path: tuple[str, ...], depth: int) -> None:
    if depth > DEPTH_LIMIT:
        raise InvalidInput(f"JSON nested deeper than {DEPTH_LIMIT} levels cannot be taken", path=path)
    match value:
        case str():
            _check_text(value, path)
        case dict():
            for key, item in value.items():
                _check_text(key, path)
                _check(item, path, depth + 1)
        case list() | tuple():
            for item in value:
                _check(item, path, depth + 1)
        case int() | float():
            _check_number(value, path)
        case None:
            return
        case _:
            raise InvalidInput(f"{type(value).__name__} is not JSON", path=path)


def _check_number(value: float, path: tuple[str, ...]) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidInput(f"{value} cannot stand inside JSON", path=path)
    if abs(value) > LARGEST:
        raise InvalidInput("an integer beyond the range of a double cannot stand inside JSON", path=path)


def _check_text(text: Any, path: tuple[str, ...]) -> None:
    if not isinstance(text, str):
        raise InvalidInput(f"{text!r} cannot be a key of JSON", path=path)
    if "\0" in text:
        raise InvalidInput("JSON with a NUL character cannot be taken", path=path)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as exc:
        raise InvalidInput("JSON with a lone surrogate cannot be taken", path=path) from exc
