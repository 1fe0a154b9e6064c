"""Ingest: raw measurements become a clean table.

python -m examples.lineage.ingest FOLDER
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import whence


def main(folder: Path) -> None:
    """Make raw data, and the table from it."""
    raw, clean = folder / "raw.csv", folder / "clean.csv"
    with raw.open("w", newline="") as file:
        csv.writer(file).writerows([n, "" if n % 10 == 0 else 2 * n + n % 7 / 10] for n in range(200))
    with whence.init("plant", "ingest", kind="INGEST") as run:
        run.use_dataset(raw, name="raw", namespace="plant", source=True)
        rows = [row for row in csv.reader(raw.open()) if row[1]]
        with clean.open("w", newline="") as file:
            csv.writer(file).writerows(rows)
        run.make_dataset(clean, name="clean", namespace="plant")
        run.log({"rows": len(rows), "dropped": 200 - len(rows)})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
