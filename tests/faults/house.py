"""A whole house for faults: Postgres, Neo4j, Elasticsearch, two services, two projection processes; each can be killed.

The services and projection processes reach the two servers through proxies, so that these can be slow or refuse.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from store.embedded import EmbeddedPostgres
from tests.faults.proxy import Proxy
from tests.servers.java_servers import ElasticsearchServer, JavaServer, Neo4jServer
from tests.servers.service_process import clean_environment

READY_S = 90.0
LOOK_S = 0.1
WELL_S = 1.0
"""How far behind a projection may be that goes on."""

SERVICES = ("serve 1", "serve 2")
FOLLOWERS = ("project 1", "project 2")
SERVERS = ("neo4j", "elasticsearch")
PROJECTIONS = """{ projections { name generation trusted lagRows lagSeconds pending deadLetters waitsFor leader } }"""
VERIFY = """mutation($of: ProjectionName!) { startProjectionTask(input: { projection: $of, kind: VERIFY }) {
  ... on StartProjectionTaskPayload { task { id } } ... on Problem { message } } }"""
TASK = "query($id: ID!) { projectionTask(id: $id) { finishedAt error result } }"


class House:
    """Started as a user starts it, by settings alone."""

    def __init__(self, folder: Path, postgres: EmbeddedPostgres) -> None:
        self.folder = folder
        self.postgres = postgres
        self._postgres_url = postgres.url
        self.servers: dict[str, JavaServer] = {
            "neo4j": Neo4jServer(folder / "neo4j"),
            "elasticsearch": ElasticsearchServer(folder / "elasticsearch"),
        }
        self.proxies = {name: Proxy(urlsplit(server.url).port or 0) for name, server in self.servers.items()}
        self._ports = {name: _find_free_port() for name in SERVICES}
        self.urls = [f"http://127.0.0.1:{port}" for port in self._ports.values()]
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        """Start everything. Raises `Missing` where the machine has no Java."""
        for proxy in self.proxies.values():
            await self._stack.enter_async_context(proxy)
        await asyncio.gather(*(server.start() for server in self.servers.values()))
        for name in (*SERVICES, *FOLLOWERS):
            self.start_process(name)
        await self.catch_up()

    async def stop(self) -> None:
        for name in list(self._processes):
            self.kill_process(name)
        for server in self.servers.values():
            await server.stop()
        await self._stack.aclose()

    def start_process(self, name: str) -> None:
        """Start a `whence serve` or `whence project`; its log lies in the folder."""
        command, _ = name.split()
        arguments = ["--port", str(self._ports[name]), "--data", str(self.folder)] if command == "serve" else []
        settings = {
            "WHENCE_DATABASE_URL": self._postgres_url,
            "WHENCE_NEO4J_URL": f"bolt://127.0.0.1:{self.proxies['neo4j'].port}",
            "WHENCE_ELASTICSEARCH_URL": f"http://127.0.0.1:{self.proxies['elasticsearch'].port}",
            "WHENCE_PROJECTION_SLOW_SECONDS": "2",
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "whence.command_line", command, *arguments],
                stdout=log,
                stderr=log,
                env=clean_environment() | settings,
            )

    def tend(self) -> None:
        """Start what gave up because it found no Postgres, as whoever keeps services up does."""
        for name, process in list(self._processes.items()):
            if process.poll() is not None:
                self.start_process(name)

    def kill_process(self, name: str) -> None:
        """End it as a power cut would."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def freeze_process(self, name: str) -> None:
        self._processes[name].send_signal(signal.SIGSTOP)

    def thaw_process(self, name: str) -> None:
        self._processes[name].send_signal(signal.SIGCONT)

    async def kill_and_start(self, victim: str, *, away_s: float) -> None:
        """Kill one part, and start it again after a while."""
        self.tend()
        if victim == "postgres":
            await self.kill_postgres()
        elif victim in self.servers:
            await self.servers[victim].kill()
            await asyncio.sleep(away_s)
            await self.servers[victim].start()
        else:
            self.kill_process(victim)
            await asyncio.sleep(away_s)
            self.start_process(victim)

    async def kill_postgres(self) -> None:
        """Kill the server, once it lives; the supervisor starts it again."""

        async def is_killed() -> bool:
            found = (self.postgres.folder / "data" / "postmaster.pid").read_text().splitlines()
            os.kill(int(found[0]), signal.SIGKILL)
            return True

        await self.wait_until(is_killed)

    async def set_disk_full(self, *, full: bool) -> None:
        """Let every index take no writes, as the server does by itself when its disk is full."""
        async with httpx.AsyncClient(base_url=self.servers["elasticsearch"].url, timeout=30) as http:
            blocked = {"index.blocks.read_only_allow_delete": True if full else None}
            (await http.put("/whence-*/_settings", json=blocked)).raise_for_status()

    async def recover(self) -> None:
        """Wait until all services answer and both projections go on, under a load too."""

        async def is_well() -> bool:
            self.tend()
            for url in self.urls:
                found = (await self.ask(PROJECTIONS, url=url))["projections"]
                if len(found) != len(SERVERS) or not all(map(_goes_on, found)):
                    return False
            return True

        await self.wait_until(is_well)

    async def catch_up(self) -> None:
        """Wait until all services answer and both projections have all that the record has."""

        async def is_even() -> bool:
            for url in self.urls:
                found = (await self.ask(PROJECTIONS, url=url))["projections"]
                if len(found) != len(SERVERS) or any(map(_is_behind, found)):
                    return False
            return True

        await self.wait_until(is_even)

    async def verify(self) -> dict[str, Any]:
        """Compare both projections with the record, as `whence verify` does; return what differs."""
        differences: dict[str, Any] = {}
        for name in ("GRAPH", "INDEX"):
            task = (await self.ask(VERIFY, {"of": name}))["startProjectionTask"]["task"]["id"]
            found = await self._finish(task)
            assert found["error"] is None, found["error"]
            assert found["result"]["checked"] > 0
            differences |= {f"{name} {key}": value for key, value in found["result"]["differences"].items()}
            if found["result"]["unsettled"]:
                differences[f"{name} unsettled"] = found["result"]["unsettled"]
        return differences

    async def _finish(self, task: str) -> dict[str, Any]:
        found: dict[str, Any] = {}

        async def is_finished() -> bool:
            found.update((await self.ask(TASK, {"id": task}))["projectionTask"])
            return found["finishedAt"] is not None

        await self.wait_until(is_finished)
        return found

    async def find_leader(self, projection: str) -> str | None:
        """Return which of our processes leads a projection."""
        found = (await self.ask(PROJECTIONS))["projections"]
        leader = next(one["leader"] for one in found if one["name"] == projection)
        pid = int(str(leader).rpartition(":")[2])
        return next((name for name, process in self._processes.items() if process.pid == pid), None)

    async def ask(
        self, document: str, variables: dict[str, Any] | None = None, *, url: str | None = None
    ) -> dict[str, Any]:
        async with httpx.AsyncClient(base_url=url or self.urls[0], timeout=30) as http:
            answer = (await http.post("/graphql", json={"query": document, "variables": variables or {}})).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    async def wait_until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Wait until something holds; whoever does not answer meanwhile is asked again."""
        until = time.monotonic() + READY_S
        said: object = None
        while time.monotonic() < until:
            try:
                if await holds():
                    return
            except (httpx.HTTPError, OSError, ValueError, AssertionError, IndexError) as exc:
                said = exc
            await asyncio.sleep(LOOK_S)
        logs = "\n".join(path.read_text(errors="replace")[-1500:] for path in sorted(self.folder.glob("*.log")))
        raise AssertionError(f"it did not come to be so in {READY_S} s: {said!r}\n{logs}")


def _goes_on(found: dict[str, Any]) -> bool:
    usable = found["generation"] is not None and found["trusted"]
    return usable and not found["waitsFor"] and found["lagSeconds"] < WELL_S


def _is_behind(found: dict[str, Any]) -> bool:
    return bool(found["lagRows"] or found["pending"] or found["deadLetters"]) or not _goes_on(found)


def _find_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
