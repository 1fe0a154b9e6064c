"""Writing documents in bulk, each fenced by its version: a replay is no failure, and a delete is a tombstone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from elasticsearch import AsyncElasticsearch

from domain.errors import Unavailable
from search.elastic.failures import CONFLICT, driver_errors, find_cause, is_waiting

CHUNK = 500
"""Documents of a request; larger ones gain nothing."""

CHUNK_BYTES = 8 * 1024 * 1024
AT_ONCE = 3

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A whole document for one index. `version` is its fence: of two writes the one with the greater one stays."""

    index: str
    id: str
    version: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """A document that the index will never take, and why."""

    write: Write
    error: str


async def write_documents(client: AsyncElasticsearch, writes: Sequence[Write]) -> list[Refused]:
    """Write documents and return what was refused for good. Raises `Unavailable` for what may succeed later."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def send(chunk: list[Write], lines: bytes) -> list[Refused]:
        async with slots, driver_errors():
            answer = await client.perform_request(
                "POST",
                "/_bulk",
                params={"filter_path": "errors,items.*.status,items.*.error"},
                headers={"content-type": "application/x-ndjson", "accept": "application/json"},
                body=lines,
            )
        return _read_refused(chunk, answer.body) if answer.body["errors"] else []

    sent = [asyncio.create_task(send(*chunk)) for chunk in _cut(writes)]
    try:
        return [refused for part in await asyncio.gather(*sent) for refused in part]
    finally:
        for task in sent:
            task.cancel()


def _cut(writes: Sequence[Write]) -> Iterator[tuple[list[Write], bytes]]:
    """Give the bodies of requests, each with the writes that stand in it."""
    chunk: list[Write] = []
    lines: list[bytes] = []
    size = 0
    for write in writes:
        line = _encode(write)
        if chunk and (len(chunk) == CHUNK or size + len(line) > CHUNK_BYTES):
            yield chunk, b"".join(lines)
            chunk, lines, size = [], [], 0
        chunk.append(write)
        lines.append(line)
        size += len(line)
    if chunk:
        yield chunk, b"".join(lines)


def _encode(write: Write) -> bytes:
    action = {"_index": write.index, "_id": write.id, "version": write.version, "version_type": "external"}
    return _encoder.encode({"index": action}) + b"\n" + _encoder.encode(write.body) + b"\n"


def _read_refused(chunk: Sequence[Write], answer: Mapping[str, Any]) -> list[Refused]:
    """Return what was refused for good. Raises `Unavailable` where one item may succeed later."""
    refused: list[Refused] = []
    for write, item in zip(chunk, answer["items"], strict=True):
        done = item["index"]
        if "error" not in done:
            continue
        cause = find_cause(done["error"])
        if cause == CONFLICT:
            continue
        if is_waiting(done["status"], cause):
            raise Unavailable(f"the search index takes no writes now: {cause}")
        refused.append(Refused(write, f"{cause}: {done['error'].get('reason', '')}"))
    return refused
