"""Reading a request's body: never more than the limits, as sent and once decompressed."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress

import zstandard
from starlette.requests import Request

from api.transport.refusals import Refusal
from domain.errors import InvalidInput, TooLarge

GZIP_WINDOW = 31  # zlib's way to say: 32 KiB window, gzip header and trailer
ZSTD_WINDOW = 8 << 20  # what every decoder must be able to hold (RFC 8878, 3.1.1.1.2)
DRAIN_BYTES = 256 << 20
DRAIN_S = 10.0
THREAD_FROM = 64 << 10  # larger bodies are decompressed beside the event loop


async def read_body(request: Request, *, limit: int, decoded_limit: int) -> bytes:
    """Return the body, decompressed. Raises `Refusal` as soon as a limit is passed.

    Raises starlette's `ClientDisconnect` when the client leaves before all of it has come.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "zstd"):
        raise Refusal(
            InvalidInput(f"Content-Encoding {encoding[:40]!r} is not understood: send gzip, zstd or neither"),
            status=415,
            headers={"Accept-Encoding": "gzip, zstd"},
        )
    body = await _receive(request, limit=limit)
    if encoding in ("identity", "") or not body:
        return body
    decode = _gunzip if encoding == "gzip" else _unzstd
    if len(body) < THREAD_FROM:
        return decode(body, limit=decoded_limit)
    return await asyncio.to_thread(decode, body, limit=decoded_limit)


async def _receive(request: Request, *, limit: int) -> bytes:
    stream = request.stream()
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        if "expect" not in request.headers:  # who asks first has sent nothing yet
            await _drain(stream)
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if size > limit:
            await _drain(stream)
            raise _too_large(limit)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _drain(stream: AsyncIterator[bytes]) -> None:
    """Let a body that is too large come to its end, within reason: a client that still writes reads no answer."""
    size = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            async for chunk in stream:
                size += len(chunk)
                if size > DRAIN_BYTES:
                    return


def _too_large(limit: int, *, what: str = "the request body") -> Refusal:
    # Some of the body may not have been read, so the connection cannot carry another request.
    return Refusal(TooLarge(f"{what} is larger than {limit} bytes"), headers={"Connection": "close"})


def _gunzip(body: bytes, *, limit: int) -> bytes:
    decoder = zlib.decompressobj(wbits=GZIP_WINDOW)
    try:
        decoded = decoder.decompress(body, limit + 1)
    except zlib.error as exc:
        raise Refusal(InvalidInput("the body is not gzip, though Content-Encoding says so")) from exc
    if len(decoded) > limit:
        raise _too_large(limit, what="the decompressed body")
    if not decoder.eof:
        raise Refusal(InvalidInput("the gzip body ends too early"))
    return decoded


def _unzstd(body: bytes, *, limit: int) -> bytes:
    try:
        with zstandard.ZstdDecompressor(max_window_size=max(limit, ZSTD_WINDOW)).stream_reader(body) as reader:
            decoded = reader.read(limit + 1)
    except zstandard.ZstdError as exc:
        raise Refusal(InvalidInput("the body is not zstd, though Content-Encoding says so")) from exc
    if len(decoded) > limit:
        raise _too_large(limit, what="the decompressed body")
    return bytes(decoded)
