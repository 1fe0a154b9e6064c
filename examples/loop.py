"""A training loop as most are: parameters, curves, a checkpoint now and then, a model at the end.

python -m examples.loop [--lr 0.1] [--steps 200]; needs only numpy. Here a straight line is fitted by gradient descent.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy

import whence


def main() -> None:
    """Train, and record it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    whence.seed_all(args.seed)
    generator = numpy.random.default_rng(args.seed)
    x = generator.normal(size=(500, 3))
    y = x @ [1.0, -2.0, 0.5] + generator.normal(scale=0.1, size=500)
    weights = numpy.zeros(3)
    with whence.init("line", f"lr {args.lr}", params=vars(args)) as run, tempfile.TemporaryDirectory() as folder:
        run.define_metric("val_loss", goal="minimize")
        train = run.use_dataset(numpy.column_stack([x[:400], y[:400]]), name="line/train", role="train")
        test = run.use_dataset(numpy.column_stack([x[400:], y[400:]]), name="line/test", role="test")
        for step in range(args.steps):
            error = x[:400] @ weights - y[:400]
            weights -= args.lr * x[:400].T @ error / 400
            run.log({"train_loss": float(error @ error / 400)}, step=step, on=train)
            if step % 100 == 99 or step == args.steps - 1:
                checkpoint = Path(folder) / "weights.npy"
                numpy.save(checkpoint, weights)
                model = run.log_artifact(checkpoint, f"checkpoints/{step + 1}.npy", kind="checkpoint", step=step)
                left = x[400:] @ weights - y[400:]
                run.log({"val_loss": float(left @ left / 100)}, step=step, on=test, of=model)
                if step == args.steps - 1:
                    run.register_model(model, "line", alias="latest")
        run.note(f"Ended at weights {weights.round(3).tolist()}.")


if __name__ == "__main__":
    main()
