"""A sweep: one run for each value, all below one group, the best of them chosen by a run of its own.

python -m examples.sweep; needs only numpy and a service that answers.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy

import whence

RATES = (0.001, 0.01, 0.1, 0.5)


def main() -> None:
    """Train with each rate, then choose."""
    generator = numpy.random.default_rng(0)
    x = generator.normal(size=(300, 2))
    y = x @ [3.0, -1.0]
    trained = []
    for rate in RATES:
        with whence.init("sweep", f"lr {rate}", group="learning rates", params={"lr": rate}) as run:
            held = run.use_dataset(numpy.column_stack([x, y]), name="plane", role="train", subset="train")
            weights = numpy.zeros(2)
            for step in range(100):
                error = x @ weights - y
                weights -= rate * x.T @ error / 300
                run.log({"loss": float(error @ error / 300)}, step=step, on=held, subset="train")
            left = x @ weights - y
            with tempfile.TemporaryDirectory() as folder:
                numpy.save(Path(folder) / "weights.npy", weights)
                trained.append((float(left @ left), run.log_artifact(Path(folder) / "weights.npy", kind="model")))
    with whence.init("sweep", "choice", group="learning rates", kind="SELECT") as choice:
        for _, model in trained:
            choice.use_artifact(model, role="candidate")
        _, best = min(trained, key=lambda one: one[0])
        choice.register_model(best, "plane", alias="best")


if __name__ == "__main__":
    main()
