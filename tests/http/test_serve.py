"""The command `whence serve`, as a process: how it starts, what it prints, how it stops."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.servers.service_process import clean_environment, run_service_process

WHENCE = (sys.executable, "-m", "whence.command_line", "serve")
PROTOCOL = Subprotocol("graphql-transport-ws")
UNNEEDED = {"alembic.command", "elasticsearch", "lark", "neo4j", "obstore", "pandas", "rich.console"}
PING = {"query": "{ __typename }"}


def refuse_to_start(*arguments: str, folder: Path, **environment: str) -> tuple[int, list[str]]:
    """Run the command, which must end by itself; return its exit code and what it said."""
    ended = subprocess.run(
        [*WHENCE, *arguments],
        env=clean_environment() | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stderr.splitlines()


@contextmanager
def serve_embedded(folder: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run the service with a Postgres of its own; give the process and what it printed once it was ready."""
    command = [*WHENCE, "--port", "0", "--data", str(folder)]
    with (
        (folder / "service.log").open("a") as log,
        subprocess.Popen(command, env=clean_environment(), stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            yield process, [process.stdout.readline().rstrip() for _ in range(4)]
        finally:
            process.kill()


def list_children(process: subprocess.Popen[str]) -> set[int]:
    """Return the processes below a process that are alive."""
    text = Path(f"/proc/{process.pid}/task").glob("*/children")
    return {int(number) for path in text for number in path.read_text().split()}


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_prints_three_addresses_answers_and_ends_with_its_postgres_at_sigterm(tmp_path: Path) -> None:
    with serve_embedded(tmp_path) as (process, printed):
        addresses = [line.split()[1] for line in printed[1:]]
        base = addresses[1].removesuffix("/healthz")
        answer = httpx.post(f"{base}/graphql", json=PING)
        children = list_children(process)
        process.send_signal(signal.SIGTERM)
        status = process.wait(20)

    assert printed[0] == "Whence is ready. Ctrl-C stops it."
    assert addresses == [f"{base}/w/default/graphql", f"{base}/healthz", f"{base}/docs"]
    assert answer.json()["data"] == {"__typename": "Query"}
    assert status == 0
    assert children != set()
    assert [child for child in children if is_alive(child)] == []


def test_a_second_start_finds_what_the_first_one_left(tmp_path: Path) -> None:
    for _ in range(2):
        with serve_embedded(tmp_path) as (process, printed):
            ready = httpx.get(printed[2].split()[1].replace("healthz", "readyz"))
            process.send_signal(signal.SIGINT)
            status = process.wait(20)

        assert (ready.status_code, status) == (200, 0)


def test_a_start_on_a_record_that_is_there_imports_nothing_that_it_does_not_need(
    database_url: str, tmp_path: Path
) -> None:
    told = {"PYTHONPROFILEIMPORTTIME": "1"}
    with run_service_process(database_url, tmp_path, environment=told) as service:
        assert httpx.get(f"{service.url}/readyz").status_code == 200
    said = [line for line in (tmp_path / "service.log").read_text().splitlines() if line.startswith("import time:")]
    imported = {line.rpartition("|")[2].strip() for line in said}

    assert {"strawberry", "structlog", "sqlalchemy"} <= imported
    assert (
        imported & {"alembic.command", "elasticsearch", "lark", "neo4j", "obstore", "pandas", "rich.console"} == set()
    )


def test_a_killed_service_leaves_no_postgres_and_starts_again(tmp_path: Path) -> None:
    with serve_embedded(tmp_path) as (process, _):
        children = list_children(process)
        process.kill()
        process.wait(20)
    deadline = time.monotonic() + 20
    while any(map(is_alive, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    left = [child for child in children if is_alive(child)]
    with serve_embedded(tmp_path) as (_, printed):
        ready = httpx.get(printed[2].split()[1].replace("healthz", "readyz"))

    assert left == []
    assert ready.status_code == 200


def test_it_ends_within_its_time_though_connections_and_sockets_are_open(database_url: str, tmp_path: Path) -> None:
    with (
        run_service_process(database_url, tmp_path, environment={"WHENCE_SHUTDOWN_SECONDS": "1"}) as service,
        httpx.Client(base_url=service.url) as http,
        connect(service.url.replace("http", "ws") + "/graphql", subprotocols=[PROTOCOL]) as opened,
    ):
        http.post("/graphql", json=PING)
        opened.send('{"type": "connection_init"}')
        opened.recv()
        service.process.send_signal(signal.SIGTERM)
        status = service.process.wait(10)

    assert status == 0


def test_a_port_in_use_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, said = refuse_to_start("--port", port, folder=tmp_path)

    assert status == 1
    assert said == [f"whence: port {port} of 127.0.0.1 is in use; choose another with --port, or 0"]
    assert not (tmp_path / ".whence").exists()


def test_an_address_that_is_not_ours_is_told_in_one_line(tmp_path: Path) -> None:
    status, said = refuse_to_start("--host", "192.0.2.1", folder=tmp_path, WHENCE_TOKEN="x")

    assert (status, len(said)) == (1, 1)
    assert said[0].startswith("whence: cannot listen on 192.0.2.1, port 8900: ")


def test_wrong_settings_stop_the_start_with_a_line_each(tmp_path: Path) -> None:
    (tmp_path / "whence.toml").write_text("prot = 1\n")
    status, said = refuse_to_start("--port", "x", folder=tmp_path, WHENCE_LOG_LEVEL="loud")

    assert status == 2
    assert said == [
        "whence: WHENCE_PORT: Input should be a valid integer, unable to parse string as an integer (it is 'x')",
        "whence: WHENCE_LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error' (it is 'loud')",
        "whence: prot: no setting has this name",
    ]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_off_loopback_it_does_not_start_without_a_token(tmp_path: Path, host: str) -> None:
    status, said = refuse_to_start("--host", host, folder=tmp_path)

    assert status == 2
    assert said == [
        f"whence: host {host} can be reached from other machines: set an access token (WHENCE_TOKEN), "
        "or listen on 127.0.0.1"
    ]


def test_a_database_that_does_not_answer_is_told_in_one_line(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    status, said = refuse_to_start("--port", "0", folder=tmp_path, WHENCE_DATABASE_URL=url)

    assert (status, said) == (1, ["whence: the record did not answer"])


def test_a_data_folder_in_use_is_told_in_one_line(tmp_path: Path) -> None:
    with serve_embedded(tmp_path):
        status, said = refuse_to_start("--port", "0", "--data", str(tmp_path), folder=tmp_path)

    assert (status, len(said)) == (1, 1)
    assert "in use" in said[0]
