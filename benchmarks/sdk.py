"""The SDK: what a training pays for `import`, `init` and `log`, beside other trackers' clients; files beside `cp`."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.figures import count, print_table
from benchmarks.peers import MLFLOW, make_environment
from benchmarks.servers import whence

WORK = Path(__file__).with_name("sdk_work.py")
PEERS = {"wandb": ("wandb==0.31.0",), "mlflow": MLFLOW, "aim": ("aim==3.29.1",)}
BURST = Path(__file__).with_name("sdk_burst.py")
BURST_CALLS = 100_000
CALLS = {"whence": 5000, "wandb": 5000, "mlflow": 300, "aim": 5000}
ROUNDS = 3
FILE_BYTES = 256 << 20


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as name, whence() as service:
        url = f"http://{service.host}:{service.port}"
        _compare_clients(Path(name), url)
        _measure_bursts(Path(name), url)
        _compare_files(Path(name), url)


def _compare_clients(folder: Path, url: str) -> None:
    rows = []
    for tool in ("whence", *PEERS):
        try:
            programs = Path(sys.executable).parent if tool == "whence" else make_environment(tool, PEERS[tool])
        except subprocess.CalledProcessError:
            rows.append([tool, "cannot be installed here", *[""] * 6])
            continue
        rounds = [_work(programs / "python", tool, folder, url) for _ in range(ROUNDS)]
        middle = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
        rows.append(
            [
                tool,
                f"{middle['import_s'] * 1000:.0f} ({middle['import_cpu_s'] * 1000:.0f})",
                f"{middle['init_s'] * 1000:.0f} ({middle['init_cpu_s'] * 1000:.0f})",
                f"{middle['log_p50_us']:.3g}",
                f"{middle['log_p99_us']:.3g}",
                count(middle["points_per_s"]),
                count(middle["points_per_cpu_s"]),
                f"{middle['finish_s']:.2f}",
            ]
        )
    head = [
        "client",
        "import ms (CPU)",
        "init ms (CPU)",
        "log p50 us",
        "log p99 us",
        "points/s",
        "points/s of CPU",
        "end s",
    ]
    print_table(f"SDK: ten metrics a call, median of {ROUNDS} runs", head, rows)


def _measure_bursts(folder: Path, url: str) -> None:
    rows = []
    for _ in range(ROUNDS):
        done = _run([sys.executable, str(BURST), str(BURST_CALLS)], folder, url)
        speeds = [count(done[name]) for name in ("taken_per_s", "on_disk_per_s", "sent_per_s")]
        rows.append([*speeds, f"{done['cpu_us']:.2f}"])
    head = ["taken, points/s", "on disk, points/s", "in the service, points/s", "CPU us a point"]
    print_table(f"{BURST_CALLS * 10:,} points in a loop that does nothing else", head, rows)


def _work(python: Path, tool: str, folder: Path, url: str) -> dict[str, Any]:
    place = Path(tempfile.mkdtemp(dir=folder))
    return _run([str(python), str(WORK), tool, str(place), str(CALLS[tool])], place, url)


def _run(command: list[str], place: Path, url: str) -> dict[str, Any]:
    """Run a script that prints JSON as its last line, with a home and a spool below a folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("WHENCE_", "WANDB_"))}
    environment |= {
        "WHENCE_URL": url,
        "WHENCE_SPOOL": str(place / "spool"),
        "HOME": str(place),
        "WHENCE_EXIT_WAIT": "120",
    }
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def _compare_files(folder: Path, url: str) -> None:
    """Print megabytes a second of an upload and a download beside those of `cp` with a sync."""
    from whence.files.digests import digest_file
    from whence.files.downloading import download
    from whence.files.uploading import upload
    from whence.service import Service

    source = folder / "file"
    rows = []
    for number in range(ROUNDS):
        with source.open("wb") as file:
            for _ in range(FILE_BYTES >> 20):
                file.write(os.urandom(1 << 20))
        with _timed() as copying:
            shutil.copyfile(source, folder / "copy")
            with (folder / "copy").open("rb") as copy:
                os.fsync(copy.fileno())
        with _timed() as hashing:
            digest = digest_file(source).digest
        with Service(url) as service:
            with _timed() as sending:
                upload(service, digest, source)
            with _timed() as fetching:
                download(service, digest, folder / f"back{number}")
        (folder / f"back{number}").unlink()
        speeds = [FILE_BYTES / 1e6 / one[0] for one in (copying, hashing, sending, fetching)]
        rows.append(
            [*(f"{speed:.0f}" for speed in speeds), f"{speeds[2] / speeds[0]:.2f}", f"{speeds[3] / speeds[0]:.2f}"]
        )
    head = ["cp + fsync MB/s", "SHA-256 MB/s", "upload MB/s", "download MB/s", "upload / cp", "download / cp"]
    print_table(f"A file of {FILE_BYTES >> 20} MiB", head, rows)


@contextmanager
def _timed() -> Iterator[list[float]]:
    took = [0.0]
    started = time.perf_counter()
    yield took
    took[0] = time.perf_counter() - started


if __name__ == "__main__":
    main()
