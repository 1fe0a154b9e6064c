"""Train: a model from the clean table, whichever version of it lies there.

python -m examples.lineage.train FOLDER
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import whence


def main(folder: Path) -> None:
    """Fit a line through the origin, and register it."""
    with whence.init("plant", "train") as run:
        run.use_dataset(folder / "clean.csv", name="clean", namespace="plant", role="train")
        points = [(float(x), float(y)) for x, y in csv.reader((folder / "clean.csv").open())]
        slope = sum(x * y for x, y in points) / sum(x * x for x, _ in points)
        (folder / "model.json").write_text(json.dumps({"slope": slope}))
        model = run.log_artifact(folder / "model.json", kind="model")
        run.log({"slope": slope})
        run.register_model(model, "plant", alias="champion")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
