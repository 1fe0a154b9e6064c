"""A small HTTP/1.1 client for load: kept-alive connections, bodies made beforehand, so that its own cost stays low."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Load:
    """What one round of requests took: wall seconds, and each request's own."""

    seconds: float
    each: tuple[float, ...]

    def rate(self, units: float) -> float:
        """Return units a second."""
        return units / self.seconds

    def percentile(self, share: float) -> float:
        """Return the latency that `share` of the requests did not exceed, in seconds."""
        ordered = sorted(self.each)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Connection:
    """One kept-alive connection to one path."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self._address = (host, port)
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\nContent-Length: "
        )

    async def open(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(*self._address, limit=1 << 22)
        return self

    async def post(self, body: bytes) -> bytes:
        """Send a body and return the answer's. Raises `RuntimeError` unless the status is 200."""
        self._writer.write(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        start = lower.index(b"content-length:") + 15
        answer = await self._reader.readexactly(int(lower[start : lower.index(b"\r\n", start)]))
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{head.splitlines()[0].decode()}: {answer[:300].decode(errors='replace')}")
        return answer

    async def graphql(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Send one operation and return its `data`. Raises `RuntimeError` if it failed."""
        answer = json.loads(await self.post(encode(query, variables)))
        if answer.get("errors"):
            raise RuntimeError(str(answer["errors"][0]))
        data: dict[str, Any] = answer["data"]
        return data

    def close(self) -> None:
        self._writer.close()


def encode(query: str, variables: dict[str, Any]) -> bytes:
    """Return the body of one operation."""
    return json.dumps({"query": query, "variables": variables}).encode()


async def send_all(connections: Sequence[Connection], bodies: Iterable[bytes], *, expect: bytes) -> Load:
    """Send every body once, over all connections at the same time. Each answer must contain `expect`."""
    waiting: Iterator[bytes] = iter(bodies)
    each: list[float] = []

    async def work(connection: Connection) -> None:
        for body in waiting:
            began = time.perf_counter()
            answer = await connection.post(body)
            each.append(time.perf_counter() - began)
            if expect not in answer:
                raise RuntimeError(answer[:500].decode(errors="replace"))

    began = time.perf_counter()
    await asyncio.gather(*(work(connection) for connection in connections))
    return Load(time.perf_counter() - began, tuple(each))
