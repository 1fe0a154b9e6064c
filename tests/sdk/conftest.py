"""A real service in a process of its own, and scripts that log to it in theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sdk.scripts import Scripts
from tests.servers.service_process import ServiceProcess, run_service_process


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[ServiceProcess]:
    """A running service over an empty record."""
    folder = tmp_path / "service"
    folder.mkdir()
    with run_service_process(database_url, folder) as running:
        yield running


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    """Scripts whose spool lies in a folder of the test's."""
    return Scripts(tmp_path)
