"""`python -m tests.faults.training FILE` trains small models until the file is there: data, points and notes."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

import whence

RUN_S = 2.0
STEP_S = 0.05
DATA = "s3://data/fineweb10B"
EXPERIMENT = "demo-faults"


def main(stop: Path) -> None:
    """Train until told to stop; tell after each run how many runs and points there are."""
    runs = points = 0
    while not stop.exists():
        with whence.init(experiment=EXPERIMENT, name=f"seed {runs}", params={"seed": runs}) as run:
            run.use_dataset(DATA, version="3", role="train")
            run.note(f"Seed {runs} learns as steadily as the others.")
            for step in range(int(RUN_S / STEP_S)):
                run.log({"train_loss": 3 * math.exp(-step / 20)}, step=step)
                points += 1
                time.sleep(STEP_S)
        runs += 1
        sys.stdout.write(f"{runs} {points}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
