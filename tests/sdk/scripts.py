"""Training scripts as people write them, run as they run them: in a process of their own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.service_process import clean_environment
from whence.service import Service

NOWHERE = "http://127.0.0.1:9"
"""Discards: nothing listens there."""
RUN = "0198f3a0-0000-7000-8000-000000000001"

QUIET = {"WHENCE_SNAPSHOT": "off", "WHENCE_SYSTEM": "off", "WHENCE_CONSOLE": "off"}
"""What most tests are not about."""

INTERRUPTED = {130: (-2, 1)}
"""Python forgets that Ctrl-C ended it, and ends with 1, where an exit hook executes source, as some imports do."""

_SERIES_AT_ONCE = 10
_SERIES = """query Series($run: ID!, $keys: [String!]!) {
  metricSeries(run: $run, keys: $keys, steps: {from: 0, to: 1000000000}, points: 100000) { key steps values }
}"""
_RUN = """query Run($run: NodeRef!) {
  resolve(ref: $run) { ... on Run {
    name status kind parent { uuid } params(keys: []) { key } tags { key value } experiment { name }
    notes { nodes { text } }
  } }
}"""
_PARAMS = """query Params($run: NodeRef!, $keys: [String!]!) {
  resolve(ref: $run) { ... on Run { params(keys: $keys) { key value } } }
}"""


@dataclass(frozen=True)
class Scripts:
    """Starts scripts whose files lie in one folder."""

    folder: Path

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    @property
    def spooled(self) -> list[Path]:
        return sorted(self.spool.rglob("*.spool"))

    def start(self, url: str, code: str, *, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a script; `import whence` stands before it."""
        path = self.folder / f"script_{len(list(self.folder.glob('script_*')))}.py"
        path.write_text("import whence\n" + textwrap.dedent(code))
        settings = {"WHENCE_URL": url, "WHENCE_SPOOL": str(self.spool), "WHENCE_EXIT_WAIT": "30"} | QUIET
        return subprocess.Popen(
            [sys.executable, str(path)],
            env=clean_environment() | settings | dict(environment or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, url: str, code: str, *, environment: Mapping[str, str] | None = None, code_of_exit: int = 0) -> str:
        """Run a script to its end and return what it said on standard error."""
        with self.start(url, code, environment=environment) as process:
            _, said = process.communicate(timeout=120)
        assert process.returncode in {code_of_exit, *INTERRUPTED.get(code_of_exit, ())}, said
        return said

    def sync(self, *, code_of_exit: int = 0) -> str:
        """Run `whence sync` and return what it printed."""
        command = [sys.executable, "-m", "whence.command_line", "sync", "--spool", str(self.spool)]
        done = subprocess.run(
            command, env=clean_environment(), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == code_of_exit, done.stdout + done.stderr
        return done.stdout


def fetch_series(url: str, run: str, *keys: str) -> dict[str, list[tuple[int, Any]]]:
    """Return all points of some series, by step."""
    found = []
    with Service(url) as service:
        for start in range(0, len(keys), _SERIES_AT_ONCE):
            asked = {"run": run, "keys": list(keys[start : start + _SERIES_AT_ONCE])}
            found += service.execute(_SERIES, asked)["metricSeries"]
    return {one["key"]: list(zip(one["steps"], one["values"], strict=True)) for one in found if one["steps"]}


def fetch_run(url: str, run: str) -> dict[str, Any]:
    """Return what the record has of a run."""
    with Service(url) as service:
        found: dict[str, Any] = service.execute(_RUN, {"run": {"run": run}})["resolve"]
    found["tags"] = {tag["key"]: tag["value"] for tag in found["tags"]}
    found["notes"] = [note["text"] for note in found["notes"]["nodes"]]
    return found


def fetch_params(url: str, run: str, *keys: str) -> dict[str, Any]:
    """Return parameters of a run."""
    with Service(url) as service:
        found = service.execute(_PARAMS, {"run": {"run": run}, "keys": list(keys)})["resolve"]["params"]
    return {one["key"]: one["value"] for one in found}
