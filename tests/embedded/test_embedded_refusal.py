"""Folders that the embedded Postgres refuses, with the folder and the reason, and those that only look bad."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from store.embedded import EmbeddedPostgres, EmbeddedPostgresError
from store.embedded.folders import INCOMING
from store.embedded.logs import LIMIT
from tests.embedded.conftest import IS_ROOT
from tests.embedded.looking import fetch, find_servers, wait_until
from tests.embedded.service import Service


async def _refuse(folder: Path) -> str:
    """Return the reason why there is no server in the folder."""
    with pytest.raises(EmbeddedPostgresError) as refused:
        async with EmbeddedPostgres(folder):
            pass
    assert refused.value.folder == folder
    return refused.value.reason


async def test_a_folder_in_use_by_a_live_service_is_refused_and_that_one_goes_on(folder: Path) -> None:
    with Service(folder) as service:
        said = service.read()
        reason = await _refuse(folder)
        answer = await fetch(said["url"], "SELECT 1")

    assert reason == f"it is in use by another Whence service (process {service.process})"
    assert answer == 1


def test_of_two_services_that_start_at_once_exactly_one_has_the_folder(folder: Path) -> None:
    with Service(folder) as one, Service(folder) as other:
        said = [one.read(), other.read()]

    assert sorted(len(each) for each in said) == [1, 2]
    assert "in use by another Whence service" in next(each["error"] for each in said if "error" in each)


async def test_data_of_another_major_version_are_refused(folder: Path) -> None:
    async with EmbeddedPostgres(folder):
        pass
    (folder / "data" / "PG_VERSION").write_text("14\n")

    assert (await _refuse(folder)).startswith("its data was written by Postgres 14 and this is Postgres 18;")


async def test_a_folder_with_things_of_somebody_else_is_refused_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("\\begin{document}")

    assert (await _refuse(tmp_path)).startswith("it is not empty and was not made by Whence (it has thesis.tex);")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


async def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert "File exists" in await _refuse(tmp_path / "file")
    assert "Not a directory" in await _refuse(tmp_path / "file" / "below")


def test_a_folder_that_cannot_be_written_is_refused(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    with Service(open_folder, *(("--as", "nobody") if IS_ROOT else ())) as service:
        said = service.read()

    assert f"no embedded Postgres in the folder {open_folder}: it cannot be made or written" in said["error"]


async def test_a_disk_that_is_full_while_the_cluster_is_made_leaves_a_folder_that_can_be_used_later(
    folder: Path,
) -> None:
    with Service(folder, "--file-limit", "200000") as service:
        said = service.read()
    left = sorted(path.name for path in folder.iterdir())
    async with EmbeddedPostgres(folder) as server:
        answer = await fetch(server.url, "SELECT 1")

    assert f"no embedded Postgres in the folder {folder}: initdb failed: " in said["error"]
    assert left == ["whence.lock"]
    assert answer == 1


async def test_a_setting_that_postgres_does_not_take_is_named(folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match='invalid value for parameter "work_mem": "much"'):
        async with EmbeddedPostgres(folder, settings={"work_mem": "much"}):
            pass

    assert find_servers(folder) == []


async def test_a_service_killed_while_the_cluster_was_made_leaves_a_folder_that_is_made_anew(folder: Path) -> None:
    with Service(folder) as service:
        wait_until(lambda: any(folder.glob(f"{INCOMING}*/PG_VERSION")))
        service.kill()
    half_made = [path.name for path in folder.glob("data")]
    async with EmbeddedPostgres(folder) as server:
        answer = await fetch(server.url, "SELECT 1")
        left = list(folder.glob(f"{INCOMING}*"))

    assert half_made == []
    assert (answer, left) == (1, [])


@pytest.mark.parametrize("noted", ["", "{", '{"process": "x"}', "[1]", "\0" * 100])
async def test_whatever_stands_in_a_lock_that_nobody_holds_is_no_obstacle(folder: Path, noted: str) -> None:
    folder.mkdir()
    (folder / "whence.lock").write_text(noted)
    async with EmbeddedPostgres(folder) as server:
        assert await fetch(server.url, "SELECT 1") == 1


async def test_pid_files_that_name_a_process_of_somebody_else_are_no_obstacle(open_folder: Path) -> None:
    async with EmbeddedPostgres(open_folder):
        pass
    stranger = subprocess.Popen(["/bin/sleep", "1000"], user="nobody" if IS_ROOT else None)
    try:
        for stale in (open_folder / "data" / "postmaster.pid", open_folder / "socket" / ".s.PGSQL.5432.lock"):
            stale.write_text(f"{stranger.pid}\n{open_folder}/data\n1\n5432\n{open_folder}/socket\n\n")
        async with EmbeddedPostgres(open_folder) as server:
            answer = await fetch(server.url, "SELECT 1")
        still_runs = stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()

    assert (answer, still_runs) == (1, True)


async def test_a_copy_of_the_folder_runs_beside_the_original(tmp_path: Path) -> None:
    original, copy = tmp_path / "original", tmp_path / "copy"
    async with EmbeddedPostgres(original) as server:
        await fetch(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    subprocess.run(["/bin/cp", "-a", original, copy], check=True)
    async with EmbeddedPostgres(original) as first:
        # As after a copy of a running folder: the note and the pid file speak of the original's server.
        (copy / "whence.lock").write_bytes((original / "whence.lock").read_bytes())
        (copy / "data" / "postmaster.pid").write_bytes((original / "data" / "postmaster.pid").read_bytes())
        async with EmbeddedPostgres(copy) as second:
            answers = [await fetch(each.url, "SELECT answer FROM kept") for each in (first, second)]

    assert answers == [42, 42]


async def test_a_long_log_is_begun_anew(folder: Path) -> None:
    async with EmbeddedPostgres(folder):
        pass
    log = folder / "postgres.log"
    os.truncate(log, LIMIT + 1)
    async with EmbeddedPostgres(folder) as server:
        last = server.read_log(limit=1)

    assert log.stat().st_size < 10_000
    assert (folder / "postgres.log.old").stat().st_size == LIMIT + 1
    assert "ready to accept connections" in last[0]
