"""Whatever dies, and however: no server is left behind, none is handed out dead, nothing committed is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import Unavailable
from store.embedded import EmbeddedPostgres
from store.embedded.accounts import choose_account
from store.embedded.binaries import find_binaries
from store.embedded.clusters import reachable
from store.embedded.folders import Layout
from store.embedded.processes import cluster_name, parse_ps
from tests.embedded.looking import fetch, find_servers, has_ended, wait_until
from tests.embedded.service import Service
from tests.servers.rendezvous import CHECKOUT


async def test_a_killed_service_takes_its_server_along_and_the_next_has_its_data(
    open_folder: Path, account_options: tuple[str, ...]
) -> None:
    with Service(open_folder, *account_options) as service:
        service.read()
        service.kill()
        wait_until(lambda: not find_servers(open_folder))
    with Service(open_folder, *account_options) as service:
        assert "url" in service.read()


async def test_a_service_that_starts_while_the_server_of_a_killed_one_still_stops_waits_for_it(folder: Path) -> None:
    with Service(folder) as service:
        said = service.read()
        await fetch(said["url"], "CREATE TABLE kept AS SELECT generate_series(1, 100000) AS answer")
        service.kill()
    async with EmbeddedPostgres(folder) as server:
        kept = await fetch(server.url, "SELECT count(*) FROM kept")
        first_of_all = has_ended(said["server"])

    assert kept == 100_000
    assert first_of_all


async def test_an_orphan_that_still_runs_on_the_folder_is_stopped_first(open_folder: Path) -> None:
    async with EmbeddedPostgres(open_folder):
        pass
    with _run_server(open_folder, cluster_name(open_folder / "data")) as orphan:
        async with EmbeddedPostgres(open_folder) as server:
            answer = await fetch(server.url, "SELECT 1")
            status = orphan.wait()

    assert (answer, status) == (1, 0)


async def test_a_server_that_somebody_else_runs_on_the_folder_is_left_alone(open_folder: Path) -> None:
    async with EmbeddedPostgres(open_folder):
        pass
    with _run_server(open_folder, "mine") as foreign:
        with Service(open_folder) as service:
            said = service.read()
        still_runs = foreign.poll() is None
        foreign.send_signal(signal.SIGINT)

    reason = f"a Postgres that Whence did not start runs on it (process {foreign.pid})"
    assert said == {"error": f"no embedded Postgres in the folder {open_folder}: {reason}"}
    assert still_runs


def _run_server(folder: Path, name: str) -> subprocess.Popen[bytes]:
    """Run the server of a folder by hand, without its service, until its pid file is there."""
    layout = Layout(folder=folder)
    account = choose_account(folder, layout.data, name="nobody")
    postgres = find_binaries(folder, account).postgres
    with reachable(layout.data, account) as (path, _):
        process = subprocess.Popen(
            [postgres, "-D", path, "-c", f"cluster_name={name}", "-k", f"{folder}/socket", "-c", "listen_addresses="],
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
    wait_until((layout.data / "postmaster.pid").exists)
    return process


@pytest.mark.parametrize("victims", ["its main process", "all of it"])
async def test_a_killed_server_comes_back_with_its_data_and_is_never_handed_out_dead(
    folder: Path, victims: str
) -> None:
    async with EmbeddedPostgres(folder) as server:
        url, process = server.url, server.process
        assert process is not None
        await fetch(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        for pid in [process] if victims == "its main process" else find_servers(folder):
            os.kill(pid, signal.SIGKILL)
        refusals, kept = await _ask_until_it_answers(server)

        assert refusals > 0
        assert kept == 42
        assert (server.url, server.restarts) == (url, 1)
        assert server.process != process


async def _ask_until_it_answers(server: EmbeddedPostgres) -> tuple[int, object]:
    """Return how often there was no address, and the answer at the first one: an address given out must answer."""
    refusals = 0
    while True:
        try:
            url = server.url
        except Unavailable:
            refusals += 1
            await asyncio.sleep(0.001)
        else:
            return refusals, await fetch(url, "SELECT answer FROM kept")


async def test_a_query_that_still_runs_without_its_server_does_not_hold_up_the_next(folder: Path) -> None:
    async with EmbeddedPostgres(folder) as server:
        counting = asyncio.create_task(fetch(server.url, "SELECT count(*) FROM generate_series(1, 1000000000000)"))
        running = "SELECT count(*) FROM pg_stat_activity WHERE query ~ '1000000000000' AND state = 'active'"
        while await fetch(server.url, running) < 2:  # this question is one of them
            await asyncio.sleep(0.01)
        assert server.process is not None
        os.kill(server.process, signal.SIGKILL)
        outcome = (await asyncio.gather(counting, return_exceptions=True))[0]
        await server.ready()

        assert isinstance(outcome, Exception)
        assert await fetch(server.url, running) == 1


async def test_a_service_can_be_stopped_while_its_server_is_down(folder: Path) -> None:
    async with EmbeddedPostgres(folder) as server:
        assert server.process is not None
        os.kill(server.process, signal.SIGKILL)

    wait_until(lambda: not find_servers(folder))


LAUNCH = """
import signal, sys
from store.embedded.launching import launch
launched = launch(["/bin/sleep", "1000"], account=None, death_signal=signal.SIGINT, output=sys.stderr.buffer,
                  by_pipe=sys.argv[1] == "pipe")
print(launched.pid, flush=True)
if sys.argv[2] == "stop":
    launched.send(signal.SIGTERM)
    print(launched.wait(), flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("way", ["signal", "pipe"])
def test_a_program_ends_with_the_process_that_launched_it(way: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LAUNCH, way, "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=CHECKOUT
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()

    wait_until(lambda: has_ended(pid))


@pytest.mark.parametrize("way", ["signal", "pipe"])
def test_the_end_of_a_program_is_seen(way: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LAUNCH, way, "stop"], input=b"", capture_output=True, cwd=CHECKOUT, check=True
    )

    assert ran.stdout.split()[1] == b"-15"


def test_processes_are_read_from_what_ps_prints() -> None:
    printed = "    1 /sbin/launchd\n  412 postgres: whence-1-2: checkpointer  \n"

    assert parse_ps(printed) == {1: "/sbin/launchd", 412: "postgres: whence-1-2: checkpointer"}
