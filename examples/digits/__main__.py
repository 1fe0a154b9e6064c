"""`python -m examples.digits FILE` does the project again, through the SDK, and writes its record as import lines."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import whence
from examples.digits.beginning import EXPERIMENT
from examples.digits.days import Days
from examples.digits.files import Files
from examples.digits.redating import redate
from examples.digits.registry import Registry
from examples.digits.story import Story
from whence.exporting.exporter import export
from whence.service import Service

SINCE = "2026-06-01T08:00:00Z"
AUTHOR = "examples"
GOALS = {"train_loss": "MIN", "val_loss": "MIN", "val_accuracy": "MAX", "test_accuracy": "MAX"}
DESCRIPTION = "Handwritten digits, from images to deployments."


def main() -> None:
    """Do the project."""
    parser = argparse.ArgumentParser(prog="python -m examples.digits", description=__doc__)
    parser.add_argument("lines", type=Path, help="where to write the import lines")
    parser.add_argument("--since", default=SINCE, help="the morning of the first day (%(default)s)")
    args = parser.parse_args()
    days = Days(datetime.fromisoformat(args.since).astimezone(UTC))
    with tempfile.TemporaryDirectory() as name:
        thrown_away = Path(name)
        with _run_service(thrown_away / "service") as url:
            said = {"WHENCE_URL": url, "WHENCE_SPOOL": str(thrown_away / "spool"), "LOGNAME": AUTHOR}
            os.environ.update(said)  # noqa: TID251  # where the SDK looks
            with whence.Client() as client:
                registry = Registry(client)
                registry.describe_experiment(EXPERIMENT, DESCRIPTION, GOALS)
                Story(days, Files(thrown_away / "files"), registry).tell()
            with Service(url) as service:
                export(service, EXPERIMENT, thrown_away / "exported", with_files=False)
        lines = (thrown_away / "exported" / "lines.jsonl").read_text(encoding="utf-8").splitlines()
        told = redate(lines, days, thrown_away / "files")
        args.lines.write_text("".join(f"{line}\n" for line in told), encoding="utf-8")


@contextmanager
def _run_service(folder: Path) -> Iterator[str]:
    """Run a service of its own until the block ends, and give its address."""
    command = [sys.executable, "-m", "whence.command_line", "serve", "--port", "0", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            for line in process.stdout or ():
                if line.split()[:1] == ["Health"]:
                    yield line.split()[1].removesuffix("/healthz")
                    break
            else:
                raise RuntimeError("the service did not start")
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
