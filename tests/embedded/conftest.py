"""Folders and accounts for tests of the embedded Postgres."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

IS_ROOT = os.geteuid() == 0

# What only root can be asked.
collect_ignore = [] if IS_ROOT else ["test_as_root.py"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is not there yet. Where root runs the tests, the server's account cannot enter the one above."""
    return tmp_path / "record"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """An empty folder with a short path that every account can reach; the unprivileged account owns it."""
    made = Path(tempfile.mkdtemp(prefix="wt-", dir="/tmp"))
    made.chmod(0o755)
    if IS_ROOT:
        shutil.chown(made, "nobody")
    yield made
    shutil.rmtree(made)


@pytest.fixture(params=[(), ("--as", "nobody")] if IS_ROOT else [()])
def account_options(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Run a service as whoever runs the tests and, where that is root, as a normal user too."""
    options: tuple[str, ...] = request.param
    return options
