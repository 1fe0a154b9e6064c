"""An S3 server of the tests: moto's, in the environment that `make test-servers` made for it."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx

from tests.servers.java import Missing
from tests.servers.rendezvous import CHECKOUT

COMMAND = Path(".cache") / "s3" / "bin" / "moto_server"
STARTS_WITHIN_S = 60


class S3Server:
    """A running server; each test takes a bucket of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def environment(self) -> Mapping[str, str]:
        """What every tool of S3 reads."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT": self.url,
            "AWS_ALLOW_HTTP": "true",
        }

    def make_bucket(self) -> str:
        """Make a bucket and return its name."""
        name = f"test-{uuid4().hex[:12]}"
        httpx.put(f"{self.url}/{name}").raise_for_status()
        return name


@contextmanager
def run_s3_server() -> Iterator[S3Server]:
    """Run the server until the block ends. Raises `Missing` where it is not installed."""
    command = CHECKOUT / COMMAND
    if not command.exists():
        raise Missing("no S3 server; `make test-servers` installs one")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([command, "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_ready(f"http://127.0.0.1:{port}", process)
            yield S3Server(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def _wait_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"{url}/moto-api/")
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError("the S3 server did not start")
