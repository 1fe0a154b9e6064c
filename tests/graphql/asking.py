"""Sending documents, and looking at what comes back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx

from domain.ids import make_uuid7

PROBLEM = "... on Problem { __typename code message path retriable }"

CREATE_RUN = (
    "mutation($input: CreateRunInput!) { createRun(input: $input) "
    "{ ... on CreateRunPayload { run { id uuid number version revision } token } "
    f"{PROBLEM} }} }}"
)
LOG_METRICS = (
    "mutation($input: LogMetricsInput!) { logMetrics(input: $input) "
    f"{{ ... on LogMetricsPayload {{ accepted token }} {PROBLEM} }} }}"
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Client:
    """A caller of one workspace."""

    http: httpx.AsyncClient
    workspace: str = "default"

    def within(self, workspace: str) -> Client:
        """Return the same caller in another workspace."""
        return replace(self, workspace=workspace)

    async def send(self, document: str, variables: Json | None = None, **more: Any) -> Json:
        """Return the whole answer."""
        body = {"query": document, "variables": variables or {}, **more}
        response = await self.http.post(f"/w/{self.workspace}/graphql", json=body)
        answer: Json = response.json()
        return answer

    async def ask(self, document: str, variables: Json | None = None, **more: Any) -> Json:
        """Return the data of an answer without errors."""
        answer = await self.send(document, variables, **more)
        assert "errors" not in answer, answer["errors"]
        data: Json = answer["data"]
        return data

    async def do(self, document: str, variables: Json | None = None) -> Json:
        """Return what the one mutation of a document answered: its payload or a problem."""
        (result,) = (await self.ask(document, variables)).values()
        done: Json = result
        return done

    async def fail(self, document: str, variables: Json | None = None) -> Json:
        """Return the one error of an answer: its message and extensions."""
        answer = await self.send(document, variables)
        assert len(answer.get("errors", [])) == 1, answer
        error: Json = answer["errors"][0]
        return {"message": error["message"], **error["extensions"]}

    async def make_run(self, **fields: Any) -> str:
        """Make a run in the experiment `track`; return its global id."""
        done = await self.do(CREATE_RUN, {"input": {"experiment": "track", **fields}})
        assert "run" in done, done
        run: str = done["run"]["id"]
        return run

    async def log(self, run: str, **fields: Any) -> Json:
        """Log points of a run; return the payload."""
        done = await self.do(LOG_METRICS, {"input": {"run": run, **fields}})
        assert "accepted" in done, done
        return done


def make_uuid() -> str:
    return str(make_uuid7())


def is_uuid7(text: str) -> bool:
    return UUID(text).version == 7
