"""The store of artifacts in a folder and on a real S3 server, alone and behind the service."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from artifacts.blobs import BlobStore
from tests.servers.s3_server import S3Server
from tests.servers.service_process import run_service_process


@pytest.fixture(params=["folder", "s3"])
def address(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """The address of a store, with what its library reads of the environment; None: a folder."""
    if request.param == "folder":
        return None
    server: S3Server = request.getfixturevalue("s3_server")
    for name, value in server.environment.items():
        monkeypatch.setitem(os.environ, name, value)
    return f"s3://{server.make_bucket()}/some/prefix"


@pytest.fixture
def blobs(address: str | None, tmp_path: Path) -> BlobStore:
    """An empty store."""
    return BlobStore.open(address, tmp_path / "artifacts")


@pytest.fixture
def client(address: str | None, database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """The default workspace of a running service whose store is at the address."""
    folder = tmp_path / "service"
    folder.mkdir()
    environment = {} if address is None else {"WHENCE_ARTIFACTS_URL": address}
    with (
        run_service_process(database_url, folder, environment=environment) as service,
        httpx.Client(base_url=f"{service.url}/w/default", timeout=60) as connected,
    ):
        yield connected
