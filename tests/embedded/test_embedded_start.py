"""The embedded Postgres starts: in any folder that a user may name, and with the right settings."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import asyncpg
import pytest

from domain.errors import Unavailable
from store.embedded import EmbeddedPostgres
from store.embedded.accounts import Account
from store.embedded.binaries import find_binaries
from tests.embedded.looking import account_of, fetch, find_servers
from tests.embedded.service import Service


async def test_a_new_folder_becomes_a_durable_server_that_listens_on_no_network(folder: Path) -> None:
    async with EmbeddedPostgres(folder) as server:
        shown = {
            name: await fetch(server.url, f"SHOW {name}")
            for name in ("listen_addresses", "fsync", "synchronous_commit", "jit", "timezone", "server_encoding")
        }
        collation = await fetch(server.url, "SELECT datlocprovider::text || datlocale FROM pg_database LIMIT 1")

    assert shown == {
        "listen_addresses": "",
        "fsync": "on",
        "synchronous_commit": "on",
        "jit": "off",
        "timezone": "UTC",
        "server_encoding": "UTF8",
    }
    assert collation == "bC.UTF-8"


async def test_data_are_kept_over_stop_and_start(folder: Path) -> None:
    async with EmbeddedPostgres(folder) as server:
        await fetch(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    async with EmbeddedPostgres(folder) as server:
        kept = await fetch(server.url, "SELECT answer FROM kept")

    assert kept == 42


async def test_nothing_is_left_after_a_stop(open_folder: Path) -> None:
    async with EmbeddedPostgres(open_folder) as server:
        while_running = len(find_servers(open_folder))
    server.stop()

    assert while_running > 1
    assert find_servers(open_folder) == []
    assert not (open_folder / "data" / "postmaster.pid").exists()
    with pytest.raises(Unavailable):
        _ = server.url


@pytest.mark.parametrize(
    "name",
    ["with space", "größe 数据", "a,b:c", "50%25 & 'q' \"d\" $HOME", "l" * 200 + "/" + "m" * 200],
    ids=["space", "unicode", "comma", "quotes", "long"],
)
async def test_a_folder_may_have_any_name(open_folder: Path, name: str) -> None:
    async with EmbeddedPostgres(open_folder / name) as server:
        answer = await fetch(server.url, "SELECT 1")
        socket_folder = Path(await fetch(server.url, "SHOW unix_socket_directories"))

    assert answer == 1
    assert not list(socket_folder.parent.glob(f"{socket_folder.name}/*"))
    assert [path.name for path in (open_folder / name).iterdir() if path.name.startswith("init")] == []


async def test_the_socket_lies_in_the_folder_where_its_path_allows(open_folder: Path) -> None:
    async with EmbeddedPostgres(open_folder) as server:
        mode = (open_folder / "socket").stat().st_mode & 0o777
        url = server.url

    assert url == f"postgresql://whence@/postgres?host={open_folder}/socket&port=5432"
    assert mode == 0o700


def test_starting_returns_before_the_server_answers_and_then_says_when(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    try:
        with pytest.raises(Unavailable):
            _ = server.url
        server.wait_ready()

        assert asyncio.run(fetch(server.url, "SELECT 1")) == 1
    finally:
        server.stop()


async def test_settings_of_the_caller_come_before_ours(folder: Path) -> None:
    async with EmbeddedPostgres(folder, settings={"work_mem": "3MB"}) as server:
        assert await fetch(server.url, "SHOW work_mem") == "3MB"


async def test_the_server_never_runs_as_root(open_folder: Path, account_options: tuple[str, ...]) -> None:
    with Service(open_folder, *account_options) as service:
        said = service.read()
        version = await fetch(said["url"], "SHOW server_version_num") if os.geteuid() == 0 else "180000"
        account = account_of(said["server"])

    assert int(version) >= 150000
    assert account != 0
    assert find_servers(open_folder) == []


async def test_a_forgotten_transaction_is_ended_by_the_server(folder: Path) -> None:
    async with EmbeddedPostgres(folder, settings={"idle_in_transaction_session_timeout": "50ms"}) as server:
        conn = await asyncpg.connect(server.url)
        await conn.execute("BEGIN")
        while not conn.is_closed():
            await asyncio.sleep(0.01)

        assert await fetch(server.url, "SELECT count(*) FROM pg_stat_activity WHERE state ~ '^idle in'") == 0


def test_programs_that_the_account_cannot_reach_are_copied_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    installed = find_binaries(tmp_path, None)
    package = installed.postgres.parents[2]
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for source in package.parent.glob(f"{package.name}*"):
        shutil.copytree(source, closed / source.name)
    monkeypatch.setattr(sys, "path", [str(closed), *sys.path])
    stranger = Account(uid=54321, gid=54321, name="stranger")
    cache = tmp_path / "cache"

    first = find_binaries(tmp_path, stranger, cache=cache)
    copied = first.postgres.stat()
    second = find_binaries(tmp_path, stranger, cache=cache)

    assert first.postgres.is_relative_to(cache)
    assert second == first
    assert second.postgres.stat() == copied
    assert {path.stat().st_mode & 0o005 for path in cache.glob("postgres-*/**/*")} == {0o005, 0o004}
    assert closed.stat().st_mode & 0o777 == 0o700
    assert find_binaries(tmp_path, None).postgres.is_relative_to(closed)
