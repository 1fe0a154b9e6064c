"""Records of a spool file: framed by length and checksum, so that a torn or damaged one is skipped."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import msgspec

_MARK = b"\x89Wh1"
_HEAD = struct.Struct(">4sII")
"""The mark, the payload's length in bytes, its CRC-32."""


class Header(msgspec.Struct, frozen=True):
    """The first record of a file: where its requests go, and who made them."""

    url: str
    workspace: str
    run: str
    writer: str
    made_by: str
    """Host and process, for whoever looks at the file."""


class Request(msgspec.Struct, frozen=True, array_like=True):
    """One write. Its bytes are fixed before it is sent for the first time."""

    operation: str
    """The field of the mutation: `logMetrics`."""
    bodies: tuple[bytes, ...]
    """Bodies of POST requests: each further one is sent where the one before it met a run that was there already."""
    points: int = 0
    may_exist: bool = False
    """Whether CONFLICT means that what it makes is there already, which is as good."""


def pack(value: Header | Request) -> bytes:
    """Return a record's bytes."""
    payload = zlib.compress(msgspec.msgpack.encode(value), 1)
    return _HEAD.pack(_MARK, len(payload), zlib.crc32(payload)) + payload


def unpack_header(data: bytes) -> Header | None:
    """Return a file's header, or None where it has none: it was torn before anything was acknowledged."""
    first = next(_payloads(data), None)
    return None if first is None else msgspec.msgpack.decode(first, type=Header)


def unpack_requests(data: bytes) -> Iterator[Request]:
    """Yield the requests of a file that are whole, in their order."""
    payloads = _payloads(data)
    next(payloads, None)
    for payload in payloads:
        yield msgspec.msgpack.decode(payload, type=Request)


def _payloads(data: bytes) -> Iterator[bytes]:
    place = data.find(_MARK)
    while place >= 0:
        end = place + _HEAD.size
        if end > len(data):
            return
        _, length, checksum = _HEAD.unpack_from(data, place)
        payload = data[end : end + length]
        if len(payload) == length and zlib.crc32(payload) == checksum:
            yield zlib.decompress(payload)
            place = data.find(_MARK, end + length)
        else:
            place = data.find(_MARK, place + 1)
