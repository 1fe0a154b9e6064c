"""What the embedded Postgres does where root runs the service."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from store.embedded import EmbeddedPostgres, EmbeddedPostgresError
from tests.embedded.looking import account_of, fetch
from tests.embedded.service import Service

NOBODY = pwd.getpwnam("nobody").pw_uid


async def test_a_folder_below_one_that_the_account_cannot_enter_works_and_no_mode_above_changes(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = [(path.stat().st_mode, path.stat().st_uid) for path in (closed, *closed.parents)]
    async with EmbeddedPostgres(closed / "record") as server:
        answer = await fetch(server.url, "SELECT 1")
        assert server.process is not None
        account = account_of(server.process)

    assert (answer, account) == (1, NOBODY)
    assert [(path.stat().st_mode, path.stat().st_uid) for path in (closed, *closed.parents)] == before


async def test_a_folder_that_a_normal_user_made_can_be_used_by_root_and_by_that_user_again(open_folder: Path) -> None:
    for options in ((), ("--as", "nobody"), (), ("--as", "nobody")):
        with Service(open_folder, *options) as service:
            said = service.read()

            assert account_of(said["server"]) == NOBODY


def test_data_of_another_account_are_refused_to_a_normal_user(open_folder: Path) -> None:
    data = open_folder / "data"
    data.mkdir()
    (open_folder / "whence.lock").touch()
    for path in (data, open_folder / "whence.lock"):
        os.chown(path, pwd.getpwnam("daemon").pw_uid, -1)
    (open_folder / "whence.lock").chmod(0o666)
    with Service(open_folder, "--as", "nobody") as service:
        said = service.read()

    reason = "its data belongs to the account daemon"
    assert said == {"error": f"no embedded Postgres in the folder {open_folder}: {reason}"}


async def test_an_account_that_does_not_exist_is_named(folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="there is no account `absent` to run it under"):
        async with EmbeddedPostgres(folder, account="absent"):
            pass


async def test_a_socket_folder_that_somebody_else_put_there_is_refused(open_folder: Path, tmp_path: Path) -> None:
    async with EmbeddedPostgres(open_folder):
        pass
    (open_folder / "socket").rmdir()
    (open_folder / "socket").symlink_to(tmp_path)
    with pytest.raises(EmbeddedPostgresError, match="was put there by somebody else"):
        async with EmbeddedPostgres(open_folder):
            pass

    assert tmp_path.stat().st_uid == 0
