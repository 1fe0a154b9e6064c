"""A seeded load of writes and reads over HTTP, and what its sessions remember of it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from domain.ids import make_uuid7
from tests.faults.history import Act, Event

RECORD = """mutation($input: RecordLineageInput!) { recordLineage(input: $input) {
  ... on RecordLineagePayload { token } ... on Problem { code message retriable } } }"""
CREATE = """mutation($input: CreateRunInput!) { createRun(input: $input) {
  ... on CreateRunPayload { run { id uuid } token } ... on Problem { code message retriable } } }"""
NOTE = """mutation($input: AddNoteInput!) { addNote(input: $input) {
  ... on AddNotePayload { token } ... on Problem { code message retriable } } }"""
GRAPH = """query($of: [NodeRef!]!, $token: String, $fallback: Fallback!) {
  found: lineage(of: $of, direction: DOWNSTREAM, atLeast: $token, waitMs: 1500, fallback: $fallback) {
    nodes(first: 0) { totalCount { value } } freshness { source } } }"""
INDEX = """query($text: String!, $token: String, $fallback: Fallback!) {
  found: search(text: $text, kinds: [NOTE], first: 0, atLeast: $token, waitMs: 1500, fallback: $fallback) {
    totalCount { value } freshness { source } } }"""

PAUSE_S = 0.08
GIVE_UP_S = 90.0
IMPATIENT_S = 0.5
PARTS = 5
"""Parameters, and tags, of a run whose creation nobody waits for."""


@dataclass(slots=True)
class Subject:
    """What one session writes and anybody may read: a dataset with its runs, and a word with its notes."""

    name: str
    written: int = 0
    token: str | None = None

    @property
    def dataset(self) -> dict[str, Any]:
        return {"dataset": {"namespace": "faults", "name": self.name, "version": "1"}}

    @property
    def word(self) -> str:
        return f"word{self.name}"

    def ask_graph(self, token: str | None, fallback: str = "RECORD") -> tuple[str, dict[str, Any]]:
        return GRAPH, {"of": [self.dataset], "token": token, "fallback": fallback}

    def ask_index(self, token: str | None, fallback: str = "RECORD") -> tuple[str, dict[str, Any]]:
        return INDEX, {"text": self.word, "token": token, "fallback": fallback}


def read_count(answer: dict[str, Any]) -> int:
    """Return how many runs, or notes, an answer has."""
    found = answer["found"]
    if "nodes" in found:
        return int(found["nodes"]["totalCount"]["value"]) - 1  # the dataset itself is among the nodes
    return int(found["totalCount"]["value"])


@dataclass
class Session:
    """One session: it writes its own subject, if it has one, and reads all of them, now at one service, now at another.

    Whatever it sends it sends until it is answered; the client key makes that happen once.
    """

    name: str
    urls: Sequence[str]
    events: list[Event]
    own: Subject | None
    others: Sequence[Subject]
    chance: random.Random
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def live(self) -> None:
        """Write and read until told to stop."""
        async with httpx.AsyncClient(timeout=40) as http:
            while not self.stopped.is_set():
                if self.own is not None and (not self.own.written or self.chance.random() < 0.4):
                    await self._write(http, self.own)
                else:
                    subject = self.own if self.own is not None and self.chance.random() < 0.6 else None
                    await self._read(http, subject or self.chance.choice(self.others))
                await asyncio.sleep(self.chance.random() * PAUSE_S)

    async def _write(self, http: httpx.AsyncClient, subject: Subject) -> None:
        began = time.monotonic()
        made = await self.send(http, CREATE, {"input": {"experiment": "faults", "clientKey": str(uuid4())}})
        run = made["createRun"]["run"]["uuid"]
        edge = {"kind": "USED", "source": subject.dataset, "target": {"run": run}}
        await self.send(http, RECORD, {"input": {"edges": [edge], "clientKey": str(uuid4())}})
        note = {"on": {"run": run}, "text": f"{subject.word} learns", "clientKey": str(uuid4())}
        done = await self.send(http, NOTE, {"input": note})
        subject.token = done["addNote"]["token"]
        subject.written += 1
        for kind in ("graph", "index"):
            self._note(subject, kind, Act.WRITE, began, subject.written)

    async def _read(self, http: httpx.AsyncClient, subject: Subject) -> None:
        kind = self.chance.choice(("graph", "index"))
        began, promised, token = time.monotonic(), subject.written, subject.token
        asked = subject.ask_graph(token) if kind == "graph" else subject.ask_index(token)
        answer = await self.send(http, *asked)
        source = answer["found"]["freshness"]["source"]
        self._note(subject, kind, Act.READ, began, read_count(answer), promised=promised, source=source)

    def _note(
        self,
        subject: Subject,
        kind: str,
        act: Act,
        began: float,
        value: int,
        *,
        promised: int = 0,
        source: str = "",
    ) -> None:
        self.events.append(
            Event(
                session=self.name,
                subject=f"{kind} of {subject.name}",
                act=act,
                began=began,
                ended=time.monotonic(),
                value=value,
                promised=promised,
                source=source,
            )
        )

    async def send(self, http: httpx.AsyncClient, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Send until it is answered, by whichever service answers."""
        until = time.monotonic() + GIVE_UP_S
        while True:
            url = self.chance.choice(self.urls)
            try:
                response = await http.post(f"{url}/graphql", json={"query": document, "variables": variables})
                answer = response.json()
                data: dict[str, Any] | None = answer.get("data")
                if data is not None and not answer.get("errors") and not _is_problem(data):
                    return data
                said = str(answer)[:500]
            except (httpx.HTTPError, ValueError) as exc:
                said = repr(exc)
            assert time.monotonic() < until, f"not answered for {GIVE_UP_S} s: {said}"
            await asyncio.sleep(0.1)


@dataclass
class Impatient:
    """Creates runs of many parts and never asks again: what was not acknowledged must be whole, or absent."""

    urls: Sequence[str]
    chance: random.Random
    acknowledged: list[str] = field(default_factory=list)
    abandoned: list[str] = field(default_factory=list)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def live(self) -> None:
        async with httpx.AsyncClient(timeout=IMPATIENT_S) as http:
            while not self.stopped.is_set():
                uuid = str(make_uuid7())
                done = await self._create(http, uuid)
                (self.acknowledged if done else self.abandoned).append(uuid)
                await asyncio.sleep(self.chance.random() * PAUSE_S)

    async def _create(self, http: httpx.AsyncClient, uuid: str) -> bool:
        parts = {f"part {number}": f"{number}" for number in range(PARTS)}
        asked = {"id": uuid, "experiment": "impatient", "params": parts, "tags": parts}
        body = {"query": CREATE, "variables": {"input": asked}}
        try:
            answer = (await http.post(f"{self.chance.choice(self.urls)}/graphql", json=body)).json()
        except (httpx.HTTPError, ValueError):
            return False
        made = (answer.get("data") or {}).get("createRun") or {}
        return "run" in made


def _is_problem(data: dict[str, Any]) -> bool:
    return any(isinstance(one, dict) and "code" in one for one in data.values())
