"""What may be logged as a number, and what is made of everything else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

PLAIN = frozenset({float, int, bool})
MAX_KEY = 500
_LARGEST = 1 << 1023

Warn = Callable[[str], None]


def is_plain(values: Mapping[str, Any]) -> bool:
    """Say whether all values are numbers of Python itself; anything else may change after `log` returns."""
    return PLAIN.issuperset(map(type, values.values()))


def make_plain(values: Mapping[str, Any], warn: Warn) -> dict[str, float]:
    """Return the numbers that can be logged: of nested mappings by `outer/inner`, of arrays and tensors of one element.

    What is no number is left out, with a warning: a training does not end over its log.
    """
    plain: dict[str, float] = {}
    for key, value in _flatten(values):
        number = _read(value)
        if number is None:
            warn(f"metric {key!r}: {type(value).__name__} {str(value)[:60]!r} is no number; left out")
        elif not 0 < len(key) <= MAX_KEY:
            warn(f"metric {key[:60]!r}: a key has 1 to {MAX_KEY} characters; left out")
        else:
            plain[key] = number
    return plain


def _flatten(values: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{name}/")
        else:
            yield name, value


def _read(value: Any) -> float | None:
    if isinstance(value, (str, bytes)) or value is None:
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except Exception:  # whatever somebody's tensor raises
        return None
