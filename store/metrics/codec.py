"""Columns of numbers as bytes: every bit comes back, regular ones take 17 bytes, others zlib over shuffled bytes."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.points import Floats, Ints

LEVEL = 1

# The first byte of a column. Never reuse one.
REGULAR = 0  # first and difference, int64 each
DELTAS = 16  # + width in bytes: first int64, then the differences in that width
FLOATS = 32  # doubles
SAME_FLOAT = 33  # one double for all
NARROW_FLOATS = 34  # doubles that are exactly floats

_PAIR = struct.Struct("<Bqq")
_FIRST = struct.Struct("<Bq")
_WIDTHS: tuple[tuple[int, str], ...] = ((1, "<i1"), (2, "<i2"), (4, "<i4"), (8, "<i8"))
_TYPES = dict(_WIDTHS)
_BAD = (ValueError, struct.error, zlib.error, IndexError, KeyError, OverflowError)


class CorruptPoints(Exception):
    """Bytes of a segment or chunk are not what was written. Not the caller's fault: an internal error."""


def encode_ints(column: Ints) -> bytes:
    """Return a column of int64. Differences wrap around, so that every pair of values has one."""
    if len(column) == 0:
        return _PAIR.pack(REGULAR, 0, 0)
    first = int(column[0])
    if len(column) == 1:
        return _PAIR.pack(REGULAR, first, 0)
    deltas = np.diff(column)
    low, high = int(deltas.min()), int(deltas.max())
    if low == high:
        return _PAIR.pack(REGULAR, first, low)
    width, dtype = next(pair for pair in _WIDTHS if -(1 << (8 * pair[0] - 1)) <= low and high < 1 << (8 * pair[0] - 1))
    return _FIRST.pack(DELTAS + width, first) + zlib.compress(_shuffle(deltas.astype(dtype, copy=False)), LEVEL)


def decode_ints(data: bytes, count: int) -> Ints:
    """Return the `count` numbers of an encoded column. Raises `CorruptPoints`."""
    column = np.empty(count, np.int64)
    decode_ints_into(data, column)
    return column


def decode_ints_into(data: bytes, column: Ints) -> None:
    """Fill a column with the numbers that were encoded. Raises `CorruptPoints`."""
    count = len(column)
    try:
        if data[0] == REGULAR:
            _, first, step = _PAIR.unpack(data)
            column[:] = step
        else:
            kind, first = _FIRST.unpack_from(data)
            dtype = _TYPES[kind - DELTAS]
            width = np.dtype(dtype).itemsize
            planes = np.frombuffer(zlib.decompress(data[_FIRST.size :]), np.uint8).reshape(width, count - 1)
            column[1:] = np.ascontiguousarray(planes.T).view(dtype).reshape(count - 1)
        column[:1] = first
        np.cumsum(column, out=column)
    except _BAD as exc:
        raise CorruptPoints(f"a column of {count} whole numbers cannot be read") from exc


def encode_floats(column: Floats) -> bytes:
    """Return a column of float64: payloads of NaN, -0.0 and subnormals included."""
    bits = column.view(np.int64)
    if len(column) and (bits == bits[0]).all():
        return bytes([SAME_FLOAT]) + bits[:1].tobytes()
    narrow = _narrow(column, bits)
    if narrow is not None:
        return bytes([NARROW_FLOATS]) + zlib.compress(_shuffle(narrow), LEVEL)
    return bytes([FLOATS]) + zlib.compress(_shuffle(column), LEVEL)


def decode_floats(data: bytes, count: int) -> Floats:
    """Return the `count` doubles of an encoded column. Raises `CorruptPoints`."""
    column = np.empty(count, np.float64)
    decode_floats_into(data, column)
    return column


def decode_floats_into(data: bytes, column: Floats) -> None:
    """Fill a column with the doubles that were encoded. Raises `CorruptPoints`."""
    count = len(column)
    try:
        kind = data[0]
        if kind == SAME_FLOAT:
            column.view(np.int64)[:] = np.frombuffer(data, "<i8", 1, 1)[0]
            return
        raw = np.frombuffer(zlib.decompress(data[1:]), np.uint8)
        if kind == NARROW_FLOATS:
            column[:] = np.ascontiguousarray(raw.reshape(4, count).T).view("<f4").reshape(count)
        elif kind == FLOATS:
            column.view(np.uint8).reshape(count, 8).T[...] = raw.reshape(8, count)
        else:
            raise ValueError(kind)
    except _BAD as exc:
        raise CorruptPoints(f"a column of {count} values cannot be read") from exc


def _narrow(column: Floats, bits: Ints) -> NDArray[np.float32] | None:
    """Return the column as float32 if that loses no bit. A NaN's payload may be lost on the way, so none goes."""
    if not len(bits) or bits[0] & 0x1FFFFFFF or np.bitwise_or.reduce(bits) & 0x1FFFFFFF:
        return None
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        narrow = column.astype("<f4")
        back = narrow.astype(np.float64)
    return narrow if (back.view(np.int64) == bits).all() else None


def _shuffle(column: NDArray[Any]) -> bytes:
    """Put first bytes beside first bytes, second beside second: alike bytes compress well."""
    return column.view(np.uint8).reshape(len(column), column.itemsize).T.tobytes()
