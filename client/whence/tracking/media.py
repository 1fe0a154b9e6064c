"""Tables, images and texts as files: what `log_table`, `log_image` and `log_text` write."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec

TABLE_TYPE = "application/vnd.whence.table+json"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}
"""PNG's colour type by the number of channels: grey, grey with alpha, RGB, RGBA."""


def encode_table(data: Any) -> bytes:
    """Return a table as `{"columns": [...], "rows": [[...]]}`: of a frame of pandas or polars, of mappings by row,
    or of a mapping of columns. NaN and infinities become texts. Raises `TypeError`.
    """
    columns, rows = _read_table(data)
    return msgspec.json.encode(
        {"columns": [str(name) for name in columns], "rows": [list(map(_cell, r)) for r in rows]}
    )


def _read_table(data: Any) -> tuple[list[Any], list[Sequence[Any]]]:
    if hasattr(data, "rows") and hasattr(data, "columns") and callable(data.rows):  # polars
        return list(data.columns), list(data.rows())
    if hasattr(data, "itertuples") and hasattr(data, "columns"):  # pandas
        return list(data.columns), list(data.itertuples(index=False, name=None))
    if isinstance(data, Mapping):
        columns = list(data)
        lengths = {len(data[name]) for name in columns}
        if len(lengths) > 1:
            raise TypeError("the columns of a table are of one length")
        return columns, list(zip(*(data[name] for name in columns), strict=True))
    if isinstance(data, Sequence) and all(isinstance(row, Mapping) for row in data):
        columns = list(dict.fromkeys(name for row in data for name in row))
        return columns, [[row.get(name) for name in columns] for row in data]
    raise TypeError(f"{type(data).__name__} is no table: give a frame, rows as mappings, or columns")


def _cell(value: Any) -> Any:
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", 0) == 0:
        value = item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def encode_image(image: Any) -> bytes:
    """Return an image as PNG: bytes of one or a path to it as they are, an image of Pillow, a figure of matplotlib,
    or an array of shape (height, width), (height, width, 1 to 4): bytes, or floats from 0 to 1. Raises `TypeError`.
    """
    if isinstance(image, bytes):
        return image
    if isinstance(image, (str, Path)):
        return Path(image).read_bytes()
    held = BytesIO()
    if hasattr(image, "savefig"):
        image.savefig(held, format="png")
        return held.getvalue()
    if hasattr(image, "save") and hasattr(image, "getbands"):
        image.save(held, format="PNG")
        return held.getvalue()
    return _encode_array(image)


def _encode_array(image: Any) -> bytes:
    import numpy

    pixels = numpy.asarray(image.detach().cpu() if hasattr(image, "detach") else image)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.ndim != 3 or pixels.shape[2] not in _COLOURS or 0 in pixels.shape:
        raise TypeError(f"an image has the shape (height, width) or (height, width, 1 to 4), not {pixels.shape}")
    if pixels.dtype.kind == "f":
        pixels = (numpy.nan_to_num(pixels).clip(0, 1) * 255).round()
    elif pixels.dtype.kind == "b":
        pixels = pixels * 255
    pixels = pixels.clip(0, 255).astype("u1")
    height, width, channels = pixels.shape
    rows = numpy.zeros((height, 1 + width * channels), "u1")  # each row begins with its filter: none
    rows[:, 1:] = pixels.reshape(height, width * channels)
    head = struct.pack(">IIBBBBB", width, height, 8, _COLOURS[channels], 0, 0, 0)
    body = zlib.compress(rows.tobytes(), 6)
    return _SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
