"""A seeded load of writes and reads over HTTP, and what its clients remember of it."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

RECORD = """mutation($input: RecordLineageInput!) { recordLineage(input: $input) {
  ... on RecordLineagePayload { token } ... on Problem { code message retriable } } }"""
CREATE = """mutation($input: CreateRunInput!) { createRun(input: $input) {
  ... on CreateRunPayload { run { id uuid } token } ... on Problem { code message retriable } } }"""
READ = """query($of: [NodeRef!]!, $token: String) {
  lineage(of: $of, direction: DOWNSTREAM, atLeast: $token, waitMs: 5000) {
    nodes(first: 1000) { totalCount { value } } freshness { source } } }"""

PAUSE_S = 0.05
GIVE_UP_S = 90.0


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a client did: a write that was acknowledged, or a read and how much it saw."""

    client: int
    kind: str
    began: float
    ended: float
    value: int
    """Of a write: how many runs of this client are acknowledged with it. Of a read: how many it saw."""
    token_value: int = 0
    """Of a read: how many were acknowledged by the token that it sent."""
    source: str = ""


@dataclass
class LoadClient:
    """One client: a dataset of its own, and run after run that uses it, each once however often it is sent."""

    number: int
    url: str
    events: list[Event]
    seed: int = 0
    written: int = 0
    token: str | None = None
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def dataset(self) -> dict[str, Any]:
        return {"dataset": {"namespace": "faults", "name": f"of-{self.seed}-{self.number}", "version": "1"}}

    async def live(self) -> None:
        """Write and read until told to stop."""
        chance = random.Random(self.seed * 1000 + self.number)
        async with httpx.AsyncClient(base_url=self.url, timeout=40) as http:
            while not self.stopped.is_set():
                await (self._write(http) if chance.random() < 0.5 or not self.written else self._read(http))
                await asyncio.sleep(chance.random() * PAUSE_S)

    async def _write(self, http: httpx.AsyncClient) -> None:
        began = time.monotonic()
        made = await self._send(http, CREATE, {"input": {"experiment": "faults", "clientKey": str(uuid4())}})
        run = made["createRun"]["run"]["uuid"]
        edge = {"kind": "USED", "source": self.dataset, "target": {"run": run}}
        done = await self._send(http, RECORD, {"input": {"edges": [edge], "clientKey": str(uuid4())}})
        self.token = done["recordLineage"]["token"]
        self.written += 1
        self.events.append(Event(self.number, "write", began, time.monotonic(), self.written))

    async def _read(self, http: httpx.AsyncClient) -> None:
        began, by_token = time.monotonic(), self.written
        found = await self._send(http, READ, {"of": [self.dataset], "token": self.token})
        answer = found["lineage"]
        seen = answer["nodes"]["totalCount"]["value"] - 1
        source = answer["freshness"]["source"]
        self.events.append(Event(self.number, "read", began, time.monotonic(), seen, by_token, source))

    async def _send(self, http: httpx.AsyncClient, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Send until it is answered: the client key makes that happen once."""
        until = time.monotonic() + GIVE_UP_S
        while True:
            try:
                response = await http.post("/graphql", json={"query": document, "variables": variables})
                answer = response.json()
                data: dict[str, Any] | None = answer.get("data")
                if data is not None and not answer.get("errors") and not _is_problem(data):
                    return data
                said = str(answer)[:500]
            except (httpx.HTTPError, ValueError) as exc:
                said = repr(exc)
            assert time.monotonic() < until, f"not answered for {GIVE_UP_S} s: {said}"
            await asyncio.sleep(0.1)


def _is_problem(data: dict[str, Any]) -> bool:
    return any(isinstance(one, dict) and "code" in one for one in data.values())
