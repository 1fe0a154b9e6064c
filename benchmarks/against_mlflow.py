"""Whence and an MLflow 3 server on the same work in the same run, on the same Postgres binaries."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

from benchmarks import mlflow_work, whence_work
from benchmarks.figures import count, millis, print_table
from benchmarks.peers import mlflow_server
from benchmarks.servers import whence
from benchmarks.work import Figure
from store.embedded import EmbeddedPostgres

HEAD = ("work", "Whence", "MLflow", "Whence is better by")


def describe(figure: Figure) -> str:
    """Return a figure as it is printed."""
    return millis(figure.value) if figure.unit == "s" else f"{count(figure.value)} {figure.unit}"


def compare(ours: Figure, theirs: Figure) -> float:
    """Return how many times better ours is: more a second, or fewer seconds."""
    return theirs.value / ours.value if ours.unit == "s" else ours.value / theirs.value


async def measure() -> None:
    """Run the same works one after the other on both and print the ratios."""
    with tempfile.TemporaryDirectory(prefix="whence-bench-") as made:
        folder = Path(made)
        async with EmbeddedPostgres(folder / "whence-pg") as ours, EmbeddedPostgres(folder / "mlflow-pg") as theirs:
            with whence(postgres=ours) as service:
                own = await whence_work.measure(service, ours.url)
            with mlflow_server(theirs.url, folder) as port:
                peer = await mlflow_work.measure(port, theirs.url)
    rows = [
        (name, describe(own[name]), describe(peer[name]), f"{compare(own[name], peer[name]):.1f} x") for name in peer
    ]
    print_table("Beside an MLflow server", HEAD, rows)
    print(json.dumps({name: compare(own[name], peer[name]) for name in peer}))


def main() -> None:
    asyncio.run(measure())


if __name__ == "__main__":
    main()
