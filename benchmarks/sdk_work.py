"""One training loop as each tracker's client takes it; run by `benchmarks.sdk` in that tracker's environment.

Prints one JSON object: seconds of the import and of the beginning of a run (wall and CPU), microseconds of a call of
`log` with ten metrics (p50, p99), and points a second with the end of the run.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

CALLS = 5000
KEYS = 10
VALUES = {f"metric{number}": number * 0.5 for number in range(KEYS)}


def begin(tool: str, folder: str) -> tuple[tuple[float, float], Callable[[int], object], Callable[[], object]]:
    """Import a tool, begin a run below a folder, and return its `log(step)` and its `finish()`."""
    if tool == "whence":
        import whence

        imported = now()
        run = whence.init(experiment="bench")
        return imported, lambda step: run.log(VALUES, step=step), run.finish
    if tool == "wandb":
        import wandb

        imported = now()
        run = wandb.init(project="bench", mode="offline", dir=folder, settings=wandb.Settings(silent=True))
        return imported, lambda step: run.log(VALUES, step=step), run.finish
    if tool == "mlflow":
        import mlflow

        imported = now()
        mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
        mlflow.set_experiment("bench")
        mlflow.start_run()
        return imported, lambda step: mlflow.log_metrics(VALUES, step=step, synchronous=False), finish_mlflow
    import aim

    imported = now()
    run = aim.Run(repo=folder, experiment="bench")

    def log(step: int) -> None:
        for name, value in VALUES.items():
            run.track(value, name=name, step=step)

    return imported, log, run.close


def finish_mlflow() -> None:
    """End MLflow's run once its queue is empty."""
    import mlflow

    mlflow.flush_async_logging()
    mlflow.end_run()


def now() -> tuple[float, float]:
    """Return wall and CPU time of this process in seconds."""
    return time.perf_counter(), time.process_time()


def main(tool: str, folder: str, calls: int) -> None:
    """Do the loop and print what it took."""
    started = now()
    imported, log, finish = begin(tool, folder)
    begun = now()
    took = []
    for step in range(calls):
        before = time.perf_counter_ns()
        log(step)
        took.append(time.perf_counter_ns() - before)
        if step % 20 == 19:
            time.sleep(0.001)  # a training does something, too
    looped = now()
    finish()
    ended = now()
    took.sort()
    print(
        json.dumps(
            {
                "import_s": imported[0] - started[0],
                "import_cpu_s": imported[1] - started[1],
                "init_s": begun[0] - imported[0],
                "init_cpu_s": begun[1] - imported[1],
                "log_p50_us": took[len(took) // 2] / 1000,
                "log_p99_us": took[len(took) * 99 // 100] / 1000,
                "points_per_cpu_s": calls * KEYS / max(ended[1] - begun[1], 1e-9),
                "points_per_s": calls * KEYS / (ended[0] - begun[0]),
                "finish_s": ended[0] - looped[0],
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else CALLS)
