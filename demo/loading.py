"""Loads the demo into a running service, through its public surface."""

from __future__ import annotations

from collections.abc import Iterator

from demo.lines import Demo
from whence.importing.command import create_workspace
from whence.importing.importer import ImportResult, RawLine, import_lines
from whence.importing.progress import ProgressDisplay
from whence.service import Service

WORKSPACE = "demo"
_COUNT = "query DemoIsThere { runs(first: 1) { totalCount { value } } }"


def load_demo(url: str, *, token: str | None = None, connections: int = 4, quiet: bool = False) -> ImportResult | None:
    """Import the demo into the workspace `demo`, made if need be; return nothing if all of it is there already.

    Blocks, with threads of its own, for seconds; shows a bar on a terminal unless `quiet`. An import that was
    interrupted is completed. Raises `WhenceError`.
    """
    demo = Demo()
    with Service(url, workspace=WORKSPACE, token=token, connections=connections) as service:
        create_workspace(service)
        if service.execute(_COUNT)["runs"]["totalCount"]["value"] >= demo.runs:
            return None
        with ProgressDisplay("importing the demo", demo.runs, unit="lines", quiet=quiet) as progress:
            return import_lines(service, _number(demo), connections=connections, report=lambda _: progress.advance(1))


def _number(demo: Demo) -> Iterator[RawLine]:
    for number, raw in enumerate(demo.encode(), start=1):
        yield RawLine("demo", number, raw)
