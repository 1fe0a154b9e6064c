"""A whole house for faults: a Postgres, a Neo4j, the service and a projection process, each of which can be killed."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from store.embedded import EmbeddedPostgres
from tests.servers.java_servers import Neo4jServer
from tests.servers.service_process import clean_environment

READY_S = 60.0
LOOK_S = 0.1
PROJECTIONS = """{ projections { name generation trusted lagRows pending deadLetters waitsFor
  tasks { id finishedAt error result } } }"""
VERIFY = """mutation { startProjectionTask(input: { projection: GRAPH, kind: VERIFY }) {
  ... on StartProjectionTaskPayload { task { id } } ... on Problem { message } } }"""
TASK = "query($id: ID!) { projectionTask(id: $id) { finishedAt error result } }"


class House:
    """Started as a user starts it, by settings alone."""

    def __init__(self, folder: Path, postgres: EmbeddedPostgres) -> None:
        self.folder = folder
        self.postgres = postgres
        self.neo4j = Neo4jServer(folder / "neo4j")
        self.port = _find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    async def start(self) -> None:
        await self.neo4j.start()
        self.start_process("serve")
        await self.wait_ready()
        self.start_process("project")

    async def stop(self) -> None:
        for name in list(self._processes):
            self.kill_process(name)
        await self.neo4j.stop()

    def start_process(self, name: str) -> None:
        """Start `whence serve` or `whence project`; its log lies in the folder."""
        arguments = ["--port", str(self.port), "--data", str(self.folder)] if name == "serve" else []
        settings = {
            "WHENCE_DATABASE_URL": self.postgres.url,
            "WHENCE_NEO4J_URL": self.neo4j.url,
            "WHENCE_PROJECTION_SLOW_SECONDS": "2",
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "whence.command_line", name, *arguments],
                stdout=log,
                stderr=log,
                env=clean_environment() | settings,
            )

    def kill_process(self, name: str) -> None:
        """End it as a power cut would."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    async def kill_and_start(self, victim: str) -> None:
        """Kill one part, and start it again a moment later."""
        if victim == "neo4j":
            await self.neo4j.kill()
            await asyncio.sleep(0.5)
            await self.neo4j.start()
        elif victim == "postgres":
            await self.kill_postgres()
        else:
            self.kill_process(victim)
            await asyncio.sleep(0.5)
            self.start_process(victim)
        await self.wait_ready()

    async def kill_postgres(self) -> None:
        """Kill the server; the supervisor starts it again."""
        pid = int((self.postgres.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        subprocess.run(["kill", "-9", str(pid)], check=True)

    async def wait_ready(self) -> None:
        async with httpx.AsyncClient(base_url=self.url, timeout=5) as http:

            async def is_ready() -> bool:
                return (await http.get("/readyz")).status_code == 200

            await self._until(is_ready)

    async def catch_up(self) -> None:
        """Wait until the graph has all that the record has."""

        async def is_even() -> bool:
            (graph,) = (await self.ask(PROJECTIONS))["projections"]
            behind = graph["lagRows"] or graph["pending"] or graph["deadLetters"] or graph["waitsFor"]
            return graph["generation"] is not None and graph["trusted"] and not behind

        await self._until(is_even)

    async def verify(self) -> dict[str, Any]:
        """Compare the graph with the record, as `whence verify` does."""
        task = (await self.ask(VERIFY))["startProjectionTask"]["task"]["id"]
        found: dict[str, Any] = {}

        async def is_finished() -> bool:
            found.update((await self.ask(TASK, {"id": task}))["projectionTask"])
            return found["finishedAt"] is not None

        await self._until(is_finished)
        assert found["error"] is None, found["error"]
        result: dict[str, Any] = found["result"]
        return result

    async def ask(self, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as http:
            answer = (await http.post("/graphql", json={"query": document, "variables": variables or {}})).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    async def _until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        try:
            async with asyncio.timeout(READY_S):
                while True:
                    try:
                        if await holds():
                            return
                    except (httpx.HTTPError, AssertionError):
                        pass
                    await asyncio.sleep(LOOK_S)
        except TimeoutError as exc:
            logs = "\n".join((path.read_text(errors="replace")[-2000:]) for path in self.folder.glob("*.log"))
            raise AssertionError(f"it did not come to be so in {READY_S} s:\n{logs}") from exc


def _find_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
