"""Digests of data in memory: tables of pandas and polars, arrays, datasets of Hugging Face."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from whence.files.digests import Content


def digest_frame(data: Any) -> Content | None:
    """Return the digest and size in bytes of what data in memory holds: columns, their types, rows in their order.

    None where nobody knows how to read it.
    """
    for reads, digest in _WAYS:
        if reads(data):
            return digest(data)
    return None


def _digest_pandas(data: Any) -> Content:
    from pandas.util import hash_pandas_object

    frame = data.to_frame() if data.__class__.__name__ == "Series" else data
    hashed = hashlib.sha256(repr([(str(name), str(kind)) for name, kind in frame.dtypes.items()]).encode())
    hashed.update(hash_pandas_object(frame, index=True).to_numpy().tobytes())
    return Content(f"sha256:{hashed.hexdigest()}", int(frame.memory_usage(index=True).sum()))


def _digest_polars(data: Any) -> Content:
    frame = data.collect() if hasattr(data, "collect") else data
    frame = frame.to_frame() if hasattr(frame, "to_frame") else frame
    hashed = hashlib.sha256(repr([(name, str(kind)) for name, kind in frame.schema.items()]).encode())
    hashed.update(frame.write_ndjson().encode())
    return Content(f"sha256:{hashed.hexdigest()}", int(frame.estimated_size()))


def _digest_array(data: Any) -> Content:
    import numpy

    array = numpy.ascontiguousarray(data.detach().cpu() if hasattr(data, "detach") else data)
    hashed = hashlib.sha256(f"{array.dtype.str} {array.shape}".encode())
    raw = repr(array.tolist()).encode() if array.dtype.hasobject else array.reshape(-1).view("u1").data
    hashed.update(raw)
    return Content(f"sha256:{hashed.hexdigest()}", array.nbytes)


def _digest_hugging_face(data: Any) -> Content:
    hashed = hashlib.sha256(f"{data.__class__.__qualname__} {data._fingerprint}".encode())
    return Content(f"sha256:{hashed.hexdigest()}", int(getattr(data, "dataset_size", None) or 0))


def _comes_from(library: str) -> Callable[[Any], bool]:
    return lambda data: data.__class__.__module__.partition(".")[0] == library


_WAYS: tuple[tuple[Callable[[Any], bool], Callable[[Any], Content]], ...] = (
    (_comes_from("pandas"), _digest_pandas),
    (_comes_from("polars"), _digest_polars),
    (lambda data: isinstance(getattr(data, "_fingerprint", None), str), _digest_hugging_face),
    (lambda data: hasattr(data, "__array__"), _digest_array),
)
