"""Real Neo4j and Elasticsearch as child processes on loopback: the shared ones, and those that a fault test breaks."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

from store.embedded.launching import Launched, launch
from tests.servers.jars import fetch_class_path
from tests.servers.java import find_java

READY_S = 120  # on a machine that others use too
LOOK_S = 0.05
LOG_LINES = 50
# The first compiler alone, one collector thread: a server of a test lives for seconds.
SMALL = ["-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]


class ServerDied(Exception):
    """The server ended or never answered; says the end of its log."""


class JavaServer(ABC):
    """One server with a home of its own, from `start` (or `async with`) until `stop`; the port stays the same.

    Raises `Missing` where the machine cannot run it. `jvm` replaces the options of the virtual machine.
    """

    name: ClassVar[str]

    def __init__(self, home: Path, *, jvm: Sequence[str] = SMALL) -> None:
        self.home = home
        self._jvm = jvm
        self._port = _find_free_port()
        self._process: Launched | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    @property
    @abstractmethod
    def url(self) -> str: ...

    @property
    def has_ended(self) -> bool:
        return self._process is None or self._process.has_ended

    async def start(self) -> None:
        """Start it, again after `kill` too, and wait until it answers. Raises `ServerDied`."""
        java = await asyncio.to_thread(find_java)
        class_path = await asyncio.to_thread(fetch_class_path, self.name, java)
        self.home.mkdir(parents=True, exist_ok=True)
        command = [str(java), *self._jvm, "--enable-native-access=ALL-UNNAMED", "-Dlog4j2.disable.jmx=true"]
        with self._log.open("ab") as output:
            self._process = launch(
                [*command, *self._make_command(class_path)],
                account=None,
                death_signal=signal.SIGKILL,
                output=output,
            )
        await self._wait_until_ready()

    async def kill(self) -> None:
        """End it as a power cut would; its home stays."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """End it and remove its home."""
        await self._end(signal.SIGKILL)
        shutil.rmtree(self.home, ignore_errors=True)

    def freeze(self) -> None:
        """Let it hang: connections stay open and nobody answers."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._send(signal.SIGCONT)

    def read_log(self) -> list[str]:
        """Return the last lines of its log."""
        return self._log.read_text(errors="replace").splitlines()[-LOG_LINES:]

    @property
    def _log(self) -> Path:
        return self.home / "server.log"

    @abstractmethod
    def _make_command(self, class_path: str) -> Sequence[str]: ...

    @abstractmethod
    async def _answers(self) -> bool: ...

    async def _wait_until_ready(self) -> None:
        end = time.monotonic() + READY_S
        while not await self._answers():
            if self.has_ended or time.monotonic() > end:
                said = "\n".join(self.read_log())
                await self.kill()
                raise ServerDied(f"the test server {self.name} did not start:\n{said}")
            await asyncio.sleep(LOOK_S)

    async def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            process.send(number)
            await asyncio.to_thread(process.wait)

    def _send(self, number: signal.Signals) -> None:
        assert self._process is not None, "the server does not run"
        self._process.send(number)


class Neo4jServer(JavaServer):
    """Neo4j community, without authentication."""

    name = "neo4j"

    @property
    def url(self) -> str:
        return f"bolt://127.0.0.1:{self._port}"

    def _make_command(self, class_path: str) -> Sequence[str]:
        configuration = self.home / "conf"
        configuration.mkdir(exist_ok=True)
        lines = [
            "server.bolt.enabled=true",
            f"server.bolt.listen_address=127.0.0.1:{self._port}",
            "server.http.enabled=false",
            "server.https.enabled=false",
            "server.logs.debug.enabled=false",
            "server.memory.pagecache.size=64m",
            "dbms.security.auth_enabled=false",
            "dbms.usage_report.enabled=false",
            "db.tx_log.preallocate=false",
            "db.tx_log.rotation.size=16m",
        ]
        (configuration / "neo4j.conf").write_text("\n".join(lines) + "\n")
        packages = ("java.nio", "java.io", "sun.nio.ch", "java.lang")
        opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in packages]
        main = ["-Dio.netty.tryReflectionSetAccessible=true", "-cp", class_path, "org.neo4j.server.Neo4jCommunity"]
        return [*opens, *main, f"--home-dir={self.home}", f"--config-dir={configuration}", "--console-mode"]

    async def _answers(self) -> bool:
        """Shake hands as Bolt does: four versions offered, one taken."""
        offer = bytes.fromhex("6060b017") + bytes.fromhex("00000006 00000005 00000004 00000000")
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(offer)
            taken = await asyncio.wait_for(reader.read(4), READY_S)
            writer.close()
            await writer.wait_closed()
        except OSError:
            return False
        return len(taken) == len(b"\0\0\0\0")


class ElasticsearchServer(JavaServer):
    """One node of Elasticsearch, started by our launcher; see tests/servers/launcher."""

    name = "elasticsearch"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def _make_command(self, class_path: str) -> Sequence[str]:
        option = "-Des.set.netty.runtime.available.processors=false"
        return [option, "-cp", class_path, "launcher.Main", str(self.home), str(self._port)]

    async def _answers(self) -> bool:
        """Ask for the cluster's health: it is served once the node has a cluster."""
        question = b"GET /_cluster/health?wait_for_status=yellow HTTP/1.0\r\n\r\n"
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(question)
            said = await asyncio.wait_for(reader.readline(), READY_S)
            writer.close()
            await writer.wait_closed()
        except OSError:
            return False
        return b" 200 " in said


def _find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


SERVERS: dict[str, type[JavaServer]] = {each.name: each for each in (Neo4jServer, ElasticsearchServer)}
