"""The GraphQL operations that the SDK sends, and the bodies that carry them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from whence.bodies import encode_operation
from whence.spool.records import Request

_PROBLEM = "... on Problem { code message path retriable }"


def _write(operation: str, payload: str, selection: str = "token") -> str:
    name = operation[0].upper() + operation[1:]
    return (
        f"mutation Sdk{name}($input: {name}Input!) {{ {operation}(input: $input) "
        f"{{ ... on {payload} {{ {selection} }} {_PROBLEM} }} }}"
    )


DOCUMENTS = {
    "createRun": _write("createRun", "CreateRunPayload"),
    "resumeRun": _write("resumeRun", "ResumeRunPayload"),
    "logMetrics": _write("logMetrics", "LogMetricsPayload"),
    "logBatch": _write("logBatch", "LogBatchPayload"),
    "defineMetric": _write("defineMetric", "DefineMetricPayload"),
    "useDataset": _write("useDataset", "UseDatasetPayload"),
    "useArtifact": _write("useArtifact", "UseArtifactPayload"),
    "describeNode": _write("describeNode", "DescribeNodePayload"),
    "recordLineage": _write("recordLineage", "RecordLineagePayload"),
    "logArtifact": _write("logArtifact", "LogArtifactPayload"),
    "registerModel": _write("registerModel", "RegisterModelPayload"),
    "deploy": _write("deploy", "DeployPayload"),
    "logConsole": _write("logConsole", "LogConsolePayload"),
    "heartbeat": _write("heartbeat", "HeartbeatPayload", "__typename"),
}
"""Every document that a released SDK may have sent stays valid: spools are sent months later."""


def encode(operation: str, fields: dict[str, Any]) -> bytes:
    """Return the body of one operation."""
    return encode_operation(DOCUMENTS[operation], {"input": fields})


class Numbering:
    """Who writes, and the number of the next write: exactly once rests on both."""

    def __init__(self, writer: UUID, *, run: UUID, attempt: UUID | None) -> None:
        self.writer = writer
        self.run = run
        self.attempt = attempt
        self._next = 0

    def make_request(self, operation: str, fields: dict[str, Any], *, points: int = 0) -> Request:
        """Return a write of the run, numbered; its bytes never change again."""
        about = {"run": str(self.run)} | self.take() | fields
        return Request(operation, (encode(operation, about),), points)

    def take(self) -> dict[str, Any]:
        """Return the fields that make the next write happen exactly once."""
        taken: dict[str, Any] = {"writer": str(self.writer), "sequence": self._next}
        if self.attempt is not None:
            taken["attempt"] = str(self.attempt)
        self._next += 1
        return taken
