"""A small TCP proxy in front of a server: it can be slow, refuse, or be silent, while the server is well."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Self

CHUNK = 64 * 1024


class Proxy:
    """Forwards a port of its own, which never changes, to another of this machine.

    `delay_s` holds back every piece that the server sends; `refuse` closes the port and every connection.
    """

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self.port = _find_free_port()
        self.delay_s = 0.0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.accept()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.refuse()

    async def accept(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def refuse(self) -> None:
        """Take none, and break those that there are."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.cancel()
        if self._connections:
            await asyncio.wait(self._connections)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            with suppress(OSError):
                inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
                try:
                    await self._forward_both(reader, writer, inner_reader, inner_writer)
                finally:
                    inner_writer.transport.abort()
        except asyncio.CancelledError:
            pass  # the connection was broken on purpose: nobody waits for this task but `refuse`
        finally:
            writer.transport.abort()
            self._connections.discard(task)

    async def _forward_both(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        inner_reader: asyncio.StreamReader,
        inner_writer: asyncio.StreamWriter,
    ) -> None:
        ways = [
            asyncio.create_task(self._forward(reader, inner_writer, slow=False)),
            asyncio.create_task(self._forward(inner_reader, writer, slow=True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.wait(ways)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool) -> None:
        with suppress(OSError):
            while piece := await reader.read(CHUNK):
                if slow and self.delay_s:
                    await asyncio.sleep(self.delay_s)
                writer.write(piece)
                await writer.drain()


def _find_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
