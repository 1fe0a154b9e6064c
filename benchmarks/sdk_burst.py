"""How many points a second the SDK takes from a loop that does nothing else; run by `benchmarks.sdk`.

Prints one JSON object: points a second until they were taken, until they were on disk, until the service had them all,
and microseconds of this process's CPU a point.
"""

from __future__ import annotations

import json
import sys
import time

import whence

KEYS = 10
VALUES = {f"metric{number}": number * 0.5 for number in range(KEYS)}


def main(calls: int) -> None:
    """Log that often, and print how fast it went."""
    run = whence.init(experiment="burst", snapshot=False, system=False, console=False)
    time.sleep(0.5)  # the threads have imported what they need
    began, cpu = time.perf_counter(), time.process_time()
    for step in range(calls):
        run.log(VALUES, step=step)
    taken = time.perf_counter()
    run.flush()
    flushed = time.perf_counter()
    run.finish()
    sent, points = time.perf_counter(), calls * KEYS
    print(
        json.dumps(
            {
                "taken_per_s": points / (taken - began),
                "on_disk_per_s": points / (flushed - began),
                "sent_per_s": points / (sent - began),
                "cpu_us": (time.process_time() - cpu) / points * 1e6,
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
