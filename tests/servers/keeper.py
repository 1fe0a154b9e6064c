"""Keeps the servers of a test run for as long as any of its processes is connected to this one.

Postgres is started at once, the graph and the index when they are first asked for.

Run as `python -m tests.servers.keeper FOLDER`. A process that is killed lets go of its connection like any other, so
nothing can keep the server once the run is over.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from store.embedded import EmbeddedPostgres
from tests.servers.databases import drop_all, make_template
from tests.servers.java import Missing
from tests.servers.java_servers import SERVERS
from tests.servers.rendezvous import ADDRESSES, DATABASE_URL, MEMORY, PREFIX, Rendezvous

FIRST_VISITOR_S = 60
LOOK_S = 0.2
OLD_S = 3600
LOG_LINES = 50
# Nothing here has to outlive a power cut.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}


class Keeper:
    """The servers' addresses, the template, and who is here."""

    def __init__(self, rendezvous: Rendezvous) -> None:
        self._prefix = f"whence_test_{rendezvous.run}_"
        self._data = rendezvous.data
        self._folder = rendezvous.data / f"postgres-{os.getpid()}"
        self._visitors: set[asyncio.StreamWriter] = set()
        self._url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._template: asyncio.Task[str] | None = None
        self._started: dict[str, asyncio.Task[str]] = {}
        self._stack = AsyncExitStack()
        self._goodbye: asyncio.StreamWriter | None = None
        self.deserted = asyncio.Event()

    async def keep(self) -> None:
        """Run the server until the last visitor has left."""
        asyncio.get_running_loop().call_later(FIRST_VISITOR_S, self._check_deserted)
        try:
            async with self._stack, self._run_server() as url:
                self._url.set_result(url)
                await self.deserted.wait()
                if pending := [task for task in (self._template, *self._started.values()) if task is not None]:
                    await asyncio.wait(pending)
                await drop_all(url, self._prefix)
        except Exception as exc:
            if not self._url.done():
                self._url.set_exception(exc)
                await self.deserted.wait()
            raise
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    @asynccontextmanager
    async def _run_server(self) -> AsyncIterator[str]:
        given = os.environ.get(DATABASE_URL)
        if given:
            yield given
            return
        async with EmbeddedPostgres(self._folder, settings=FAST) as server:
            watching = self._watch("Postgres", lambda: bool(server.restarts), lambda: server.read_log(limit=LOG_LINES))
            yield server.url
            watching.cancel()

    def _watch(
        self, name: str, has_died: Callable[[], bool], read_log: Callable[[], Sequence[str]]
    ) -> asyncio.Task[None]:
        async def watch() -> None:
            while not has_died():
                await asyncio.sleep(LOOK_S)
            for visitor in self._visitors:
                _say(visitor, {"died": {"server": name, "log": list(read_log())}})

        return asyncio.create_task(watch())

    async def _start(self, name: str) -> str:
        """Start a server of Java, unless an address is given. Raises `Missing`."""
        if given := os.environ.get(ADDRESSES[name]):
            return given
        server = SERVERS[name](self._data / f"{name}-{os.getpid()}")
        self._data.mkdir(parents=True, exist_ok=True)
        await self._stack.enter_async_context(server)
        watching = self._watch(name, lambda: server.has_ended, server.read_log)
        self._stack.callback(watching.cancel)
        return server.url

    async def visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one process of the run, until it leaves."""
        self._visitors.add(writer)
        try:
            while line := await reader.readline():
                wanted = json.loads(line)["want"]
                if wanted == "leave":
                    break
                _say(writer, await self._answer(wanted))
        except ConnectionError:
            pass
        self._visitors.discard(writer)
        self._goodbye = writer  # stays open until all is done: the last one to leave waits for that
        self._check_deserted()
        if not self.deserted.is_set():
            writer.close()

    def _check_deserted(self) -> None:
        if not self._visitors:
            self.deserted.set()

    async def _answer(self, wanted: str) -> dict[str, object]:
        try:
            url = await asyncio.shield(self._url)
            if wanted == "server":
                return {"url": url, "prefix": self._prefix}
            if wanted in SERVERS:
                if wanted not in self._started:
                    self._started[wanted] = asyncio.create_task(self._start(wanted))
                return {"url": await asyncio.shield(self._started[wanted])}
            if self._template is None:
                self._template = asyncio.create_task(self._make_template(url))
            return {"template": await asyncio.shield(self._template)}
        except Missing as exc:
            return {"missing": str(exc)}
        except Exception:
            return {"error": traceback.format_exc()}

    async def _make_template(self, url: str) -> str:
        name = f"{self._prefix}template"
        await make_template(url, name)
        return name


def _say(writer: asyncio.StreamWriter, said: dict[str, object]) -> None:
    writer.write(json.dumps(said).encode() + b"\n")


async def _keep(rendezvous: Rendezvous) -> None:
    keeper = Keeper(rendezvous)
    meeting = await asyncio.start_unix_server(keeper.visit, path=rendezvous.socket)
    keeping = asyncio.create_task(keeper.keep())
    await keeper.deserted.wait()
    # Whoever comes from now on finds no socket and starts another keeper.
    rendezvous.socket.unlink(missing_ok=True)
    try:
        await keeping
        with rendezvous.locked():
            if not rendezvous.socket.exists():
                shutil.rmtree(rendezvous.folder)
    finally:
        with suppress(OSError):
            rendezvous.data.rmdir()
        meeting.close()


def _sweep(folder: Path) -> None:
    """Remove the folders of runs whose keeper was killed."""
    for other in folder.parent.glob(f"{PREFIX}{os.getuid()}-*"):
        with suppress(OSError):
            if time.time() - other.stat().st_mtime > OLD_S:
                with (other / "alive").open("w") as alive:
                    fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(MEMORY / other.name, ignore_errors=True)
                    shutil.rmtree(other)


def main(folder: Path) -> None:
    rendezvous = Rendezvous(folder=folder)
    with rendezvous.alive.open("w") as alive:
        fcntl.flock(alive, fcntl.LOCK_SH)
        _sweep(folder)
        asyncio.run(_keep(rendezvous))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
