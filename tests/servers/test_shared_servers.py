"""One Postgres serves a whole test run, a fresh database each test, and none of it outlives the run."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import sqlalchemy as sa

from store.database import Database
from store.embedded import EmbeddedPostgres
from tests.embedded.looking import fetch, wait_until
from tests.servers.rendezvous import DATABASE_URL
from tests.servers.separate_runs import SeparateRun

TESTS = """
import asyncio, os, signal, sqlalchemy as sa

async def test_a_database_is_there(database, database_url):
    async with database.read() as conn:
        assert (await conn.execute(sa.text("SELECT count(*) FROM runs"))).scalar() == 0
    print("DATABASE", database_url, flush=True)

async def test_more(database):
    if BEHAVIOUR == "hang":
        print("HANGS", flush=True)
        await asyncio.sleep(1000)
    if BEHAVIOUR == "kill":
        async with database.read() as conn:
            folder = (await conn.execute(sa.text("SHOW unix_socket_directories"))).scalar()
            pid = (await conn.execute(sa.text("SELECT pg_read_file('postmaster.pid', 0, 10)"))).scalar()
        os.kill(int(pid.split()[0]), signal.SIGKILL)
        await asyncio.sleep(3)

async def test_last():
    pass
"""


def _tests(behaviour: str) -> str:
    return TESTS.replace("BEHAVIOUR", repr(behaviour))


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "workers"])
def test_nothing_of_a_run_is_left_when_it_has_ended(short_path: Path, options: tuple[str, ...]) -> None:
    run = SeparateRun(short_path, _tests("pass"), *options)
    said, _ = run.process.communicate()

    assert "3 passed" in said
    assert run.find_left() == []


def test_nothing_of_a_run_is_left_when_it_was_killed(short_path: Path) -> None:
    run = SeparateRun(short_path, _tests("hang"))
    assert run.process.stdout is not None
    while "HANGS" not in run.process.stdout.readline():
        assert run.process.poll() is None
    while_running = run.find_left()
    run.process.send_signal(signal.SIGKILL)
    run.process.communicate()

    assert while_running != []
    wait_until(lambda: run.find_left() == [])


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "worker"])
def test_a_run_fails_with_the_servers_last_words_when_its_server_dies(
    short_path: Path, options: tuple[str, ...]
) -> None:
    run = SeparateRun(short_path, _tests("kill"), *options)
    said, _ = run.process.communicate()

    assert run.process.returncode != 0
    assert "the test run's Postgres died; the end of its log:" in said
    assert "ready to accept connections" in said
    assert "3 passed" not in said


async def test_a_run_can_use_a_given_server_and_leaves_no_database_there(short_path: Path) -> None:
    async with EmbeddedPostgres(short_path / "given") as server:
        run = SeparateRun(short_path, _tests("pass"), **{DATABASE_URL: server.url})
        said, _ = run.process.communicate()
        host = await fetch(server.url, "SHOW unix_socket_directories")
        left = await fetch(server.url, "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database")

    assert "3 passed" in said
    assert f"?host={host}" in said
    assert left == "postgres template0 template1"
    assert run.find_left() == []


async def test_what_one_test_writes_the_next_does_not_see(database: Database) -> None:
    async with database.read() as conn:
        before = await conn.execute(sa.text("SELECT to_regclass('mine')"))
        await conn.execute(sa.text("CREATE TABLE mine ()"))

    assert before.scalar() is None


async def test_what_the_test_before_wrote_is_gone(database: Database) -> None:
    async with database.read() as conn:
        found = await conn.execute(sa.text("SELECT to_regclass('mine')"))

    assert found.scalar() is None
