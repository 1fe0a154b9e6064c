"""`python -m examples.digits FILE` does the project again and writes what happened as import lines."""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from examples.digits.days import Days
from examples.digits.files import Files
from examples.digits.journal import Journal
from examples.digits.story import Story

SINCE = "2026-06-01T08:00:00Z"
ADDRESS = "s3://whence-examples/digits"


def main() -> None:
    """Do the project."""
    parser = argparse.ArgumentParser(prog="python -m examples.digits", description=__doc__)
    parser.add_argument("lines", type=Path, help="where to write the import lines")
    parser.add_argument("--files", type=Path, help="where to put models, data and reports (thrown away)")
    parser.add_argument("--address", default=ADDRESS, help="what the lines call that folder (%(default)s)")
    parser.add_argument("--since", default=SINCE, help="the morning of the first day (%(default)s)")
    args = parser.parse_args()
    since = datetime.fromisoformat(args.since).astimezone(UTC)
    with tempfile.TemporaryDirectory() as thrown_away:
        journal = Journal(args.lines, Days(since))
        try:
            Story(journal, Files(args.files or Path(thrown_away), args.address)).tell()
        finally:
            journal.close()


if __name__ == "__main__":
    main()
