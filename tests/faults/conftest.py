"""A house of their own for the fault tests, which all of them live in one after the other."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.embedded import EmbeddedPostgres
from tests.faults.house import House
from tests.servers.java import Missing

KILLS = "WHENCE_TEST_KILLS"
REQUIRED = "WHENCE_TEST_SERVERS"


@pytest.fixture(scope="session")
def kills(is_long: bool) -> int:
    """How often each part is killed: WHENCE_TEST_KILLS, else 25 in the long run and 3 in the ordinary one."""
    return int(os.environ.get(KILLS) or (25 if is_long else 3))


@pytest.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    above: Path = tmp_path_factory.mktemp("f")
    folder = above / "house"
    folder.mkdir()
    async with EmbeddedPostgres(above / "postgres") as postgres:
        found = House(folder, postgres)
        try:
            await found.start()
        except Missing as exc:
            if os.environ.get(REQUIRED) == "require":
                raise
            pytest.skip(f"no neo4j and no elasticsearch: {exc}")
        yield found
        await found.stop()
