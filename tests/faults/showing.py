"""`make demo-faults`: a training goes on while Neo4j, Elasticsearch and the service go away in turn; nothing is lost.

One line each two seconds: what the training has done, what the record has, what lineage and search answer, and whose
answer that is. At the end all counts agree.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from store.embedded import EmbeddedPostgres
from tests.faults.house import SERVICES, House
from tests.faults.training import DATA, EXPERIMENT
from tests.servers.java import Missing
from tests.servers.service_process import clean_environment

LEAST_S = 60.0
CALM_S = 5.0
ABSENCE_S = 8.0
EVERY_S = 2.0
PATIENCE_S = 60.0
HEAD = f"{'':>5}  {'away':<14}{'trained':>14}{'in the record':>18}{'lineage':>20}{'search':>20}"
ASK = """query($of: [NodeRef!]!, $where: String!) {
  runs(query: $where, first: 1000) { totalCount { value } nodes { metrics(keys: ["train_loss"]) { count } } }
  lineage(of: $of, direction: DOWNSTREAM, maxDepth: 1) { nodes(first: 0) { totalCount { value } } freshness { source } }
  search(text: "steadily", kinds: [NOTE], first: 0) { totalCount { value } freshness { source } } }"""
ASKED = {
    "of": [{"dataset": {"namespace": DATA.rpartition("/")[0], "name": DATA.rpartition("/")[2], "version": "3"}}],
    "where": f"experiment = {EXPERIMENT}",
}


@dataclass(slots=True)
class Counts:
    """What one look saw."""

    runs: int
    points: int
    used: int
    used_by: str
    notes: int
    notes_by: str

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Counts:
        nodes = answer["runs"]["nodes"]
        return cls(
            runs=answer["runs"]["totalCount"]["value"],
            points=sum(metric["count"] for run in nodes for metric in run["metrics"]),
            used=max(answer["lineage"]["nodes"]["totalCount"]["value"] - 1, 0),
            used_by=answer["lineage"]["freshness"]["source"],
            notes=answer["search"]["totalCount"]["value"],
            notes_by=answer["search"]["freshness"]["source"],
        )

    def agree_with(self, runs: int, points: int) -> bool:
        counts = (self.runs, self.points, self.used, self.notes) == (runs, points, runs, runs)
        return counts and (self.used_by, self.notes_by) == ("GRAPH", "INDEX")


class Show:
    """The house, the training in it, and the lines."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.away = ""
        self.trained = (0, 0)
        self._stop = house.folder / "stop"
        self._began = time.monotonic()

    async def run(self) -> bool:
        """Show it all; say whether the counts agree at the end."""
        _say(HEAD)
        training = await self._start_training()
        watching = asyncio.create_task(self._watch())
        listening = asyncio.create_task(self._listen(training))
        for name, act in self._acts():
            await asyncio.sleep(CALM_S)
            self.away = name
            await act()
            self.away = ""
        await self.house.recover()
        await asyncio.sleep(max(CALM_S, self._began + LEAST_S - time.monotonic()))
        self._stop.touch()
        await listening
        _say("the training is over; `whence sync` sends what its runs left on disk while the service was away")
        await self._sync()
        watching.cancel()
        return await self._agree()

    def _acts(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        async def hinder(server: str) -> None:
            await self.house.servers[server].kill()
            await asyncio.sleep(ABSENCE_S)
            await self.house.servers[server].start()

        async def stop_services() -> None:
            for name in SERVICES:
                self.house.kill_process(name)
            await asyncio.sleep(ABSENCE_S)
            for name in SERVICES:
                self.house.start_process(name)

        return [
            ("Neo4j", lambda: hinder("neo4j")),
            ("Elasticsearch", lambda: hinder("elasticsearch")),
            ("the service", stop_services),
        ]

    async def _start_training(self) -> asyncio.subprocess.Process:
        return await self._start("tests.faults.training", str(self._stop))

    async def _sync(self) -> None:
        syncing = await self._start("whence.command_line", "sync")
        await syncing.communicate()
        if syncing.returncode:
            raise RuntimeError("what was left on disk could not be sent")

    async def _start(self, module: str, *arguments: str) -> asyncio.subprocess.Process:
        """Start a module as a client of the first service; what it warns of goes to a log."""
        given = {"WHENCE_URL": self.house.urls[0], "WHENCE_SPOOL": str(self.house.folder / "spool")}
        with (self.house.folder / "training.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", module, *arguments),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=clean_environment() | given | {"WHENCE_EXIT_WAIT": "2"},
            )

    async def _listen(self, training: asyncio.subprocess.Process) -> None:
        assert training.stdout is not None
        async for line in training.stdout:
            runs, points = line.split()
            self.trained = int(runs), int(points)
        if await training.wait():
            raise RuntimeError("the training failed")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            self._show(await self._look())

    async def _look(self) -> Counts | None:
        try:
            return Counts.of(await self.house.ask(ASK, ASKED))
        except (httpx.HTTPError, ValueError):
            return None

    def _show(self, counts: Counts | None) -> None:
        runs, points = self.trained
        seconds = time.monotonic() - self._began
        line = f"{seconds:>4.0f}s  {self.away:<14}{f'{runs} / {points}':>14}"
        if counts is None:
            _say(f"{line}{'no answer':>18}")
            return
        record = f"{counts.runs} / {counts.points}"
        lineage, search = f"{counts.used} {counts.used_by.lower()}", f"{counts.notes} {counts.notes_by.lower()}"
        _say(f"{line}{record:>18}{lineage:>20}{search:>20}")

    async def _agree(self) -> bool:
        """Wait until all counts are those of the training, answered by the two servers."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            counts = await self._look()
            if counts is not None and counts.agree_with(*self.trained):
                self._show(counts)
                return True
            await asyncio.sleep(EVERY_S / 4)
        self._show(await self._look())
        return False


async def show() -> int:
    with tempfile.TemporaryDirectory(prefix="whence-demo-") as made:
        folder = Path(made)
        (folder / "house").mkdir()
        async with EmbeddedPostgres(folder / "postgres") as postgres:
            house = House(folder / "house", postgres)
            try:
                _say("starting Postgres, Neo4j, Elasticsearch, two services and two projection processes ...")
                await house.start()
                agree = await Show(house).run()
                differences = await house.verify()
            except Missing as exc:
                _say(f"this needs Neo4j and Elasticsearch: {exc}; `make test-servers` installs a Java")
                return 2
            finally:
                await house.stop()
    if not agree or differences:
        _say(f"the counts do not agree: {differences}")
        return 1
    _say("every run, point, edge and note is there once; both projections are the record")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}{os.linesep}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(asyncio.run(show()))
