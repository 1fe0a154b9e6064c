"""Other trackers' servers, each in a virtual environment of its own, made once in the checkout's cache."""

from __future__ import annotations

import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.servers import free_port, wait_for

CACHE = Path(__file__).parents[1] / ".cache" / "peers"
MLFLOW = ("mlflow==3.17.2", "psycopg2-binary==2.9.13")


def make_environment(name: str, packages: tuple[str, ...]) -> Path:
    """Return the folder of the programs of an environment that holds `packages`; made when it is not there."""
    folder = CACHE / name
    stamp = folder / "packages"
    wanted = "\n".join(packages)
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", *packages], check=True)
        stamp.write_text(wanted)
    return folder / "bin"


@contextmanager
def mlflow_server(database_url: str, folder: Path) -> Iterator[int]:
    """Start an MLflow server with its defaults (four workers) on a Postgres, and give its port."""
    programs = make_environment("mlflow", MLFLOW)
    port = free_port()
    address = "postgresql+psycopg2://" + database_url.partition("://")[2]
    command = [str(programs / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port)]
    command += [
        "--backend-store-uri",
        urllib.parse.unquote(address),
        "--artifacts-destination",
        str(folder / "artifacts"),
    ]
    with (folder / "mlflow.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            wait_for(f"http://127.0.0.1:{port}/health", process, seconds=180)
            yield port
        finally:
            process.terminate()
            process.wait(60)
