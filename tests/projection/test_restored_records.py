"""A record that lost its end while the projections are ahead: noticed, repaired, and never trusted in between."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from domain.ids import NodeKey, NodeKind
from domain.positions import Token
from domain.projections import Entity
from domain.runs import RunEdit
from projection.hosting import prepare_projections
from store.database import Database
from store.embedded import EmbeddedPostgres
from store.embedded.binaries import find_binaries
from store.migrations.runner import migrate
from store.outbox import fetch_token_exists
from store.projections.checkpoints import register
from store.projections.snapshots import change_progress
from store.projections.tokens import fetch_token_standing
from store.run_edits import edit_run
from tests.projection.following import Followed
from tests.projection.stores import Store
from tests.store.making import DEFAULT, make_run

STREAMING = {"wal_level": "replica", "max_wal_senders": "4", "hot_standby": "on"}
LOOK_S = 0.02
PATIENCE_S = 60.0


def run_of(run: object) -> Entity:
    return Entity(DEFAULT, NodeKey(NodeKind.RUN, run))  # type: ignore[arg-type]


class Scene:
    """One store, and the records that it follows one after the other."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.generations = random.SystemRandom().randrange(1 << 30)

    @asynccontextmanager
    async def follow(self, url: str) -> AsyncIterator[Followed]:
        """Follow a record as a process that starts does, until the block ends."""
        database = Database.connect(url, pool_size=8)
        followed = Followed(database, self.store.target)
        try:
            await prepare_projections(database, [self.store.target])
            yield followed
        finally:
            await followed.stop()
            await database.close()

    async def begin(self, url: str) -> None:
        """Make a record, with generations that no other test has."""
        await migrate(url)
        async with self.follow(url) as followed, change_progress(followed.record) as driver:
            await register(followed.record, self.store.target.name)
            await driver.execute("UPDATE projections SET last_generation = $1", self.generations)

    async def write(self, followed: Followed, count: int) -> tuple[list[Entity], Token]:
        """Write runs, let them be shown, and return them with the token of the last."""
        runs = [await make_run(followed.record) for _ in range(count)]
        async with followed.record.write() as tx:
            await edit_run(tx, DEFAULT, runs[-1], RunEdit(description="the newest"))
            token = tx.answer_token(DEFAULT)
        followed.start()
        await followed.catch_up()
        await followed.stop()
        assert len(await self.find(followed, [run_of(run) for run in runs])) == count
        return [run_of(run) for run in runs], token

    async def find(self, followed: Followed, entities: list[Entity]) -> set[Entity]:
        """Return which of those the projection shows."""
        serving = (await followed.look()).generation
        assert serving is not None
        found = await self.store.target.fetch_found(serving, entities, deep=False)
        return {one.entity for one in found if not one.tombstone}

    async def is_trusted(self, followed: Followed) -> bool:
        async with followed.record.read_primary() as conn:
            standing = await fetch_token_standing(conn, self.store.target.name, DEFAULT, None)
        return standing is not None and standing.usable

    async def assert_is_noticed_and_repaired(self, url: str, kept: list[Entity], lost: list[Entity], of: Token) -> None:
        """Follow the record that lost its end: nobody may ask the projection while it still shows what is lost."""
        async with self.follow(url) as followed:
            shown_before = await self.find(followed, lost)
            trusted_before = await self.is_trusted(followed)
            followed.start()
            until = time.monotonic() + PATIENCE_S
            while not await self.is_trusted(followed):
                assert time.monotonic() < until, "it was never trusted again"
                await asyncio.sleep(LOOK_S)
            shown_after = await self.find(followed, lost)
            await followed.catch_up()
            comparison = await followed.compare(deep=True)
            await followed.stop()
            still = await self.find(followed, kept)
            async with followed.record.read_primary() as conn:
                has_token = await fetch_token_exists(conn, of)
                incarnation = (await conn.exec_driver_sql("SELECT number FROM incarnation")).scalar_one()
            later, _ = await self.write(followed, 2)

            assert shown_before == set(lost)
            assert not trusted_before
            assert shown_after == set()
            assert (comparison.differences, comparison.unsettled) == ([], [])
            assert still == set(kept)
            assert not has_token
            assert incarnation > 1
            assert len(later) == 2


@pytest.fixture
async def scene(store: Store, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    found = Scene(store, tmp_path_factory.mktemp("r"))
    yield found
    for number in range(found.generations + 1, found.generations + 4):
        await store.target.drop(number)


def run_tool(name: str, url: str, *arguments: str, folder: Path) -> None:
    """Run one of Postgres's own tools on the server of an address."""
    socket_folder = parse_qs(urlsplit(url).query)["host"][0]
    program = str(find_binaries(folder, None).postgres.parent / name)
    subprocess.run([program, "-h", socket_folder, "-U", "whence", *arguments], check=True, capture_output=True)


def copy_data(source: Path, target: Path) -> None:
    """Copy the data of a stopped server, owners and modes with it."""
    subprocess.run(["cp", "-a", str(source / "data"), str(target)], check=True)


async def test_a_dump_restored_into_a_new_server(scene: Scene) -> None:
    dump = scene.folder / "whence.dump"
    async with EmbeddedPostgres(scene.folder / "old") as old:
        await scene.begin(old.url)
        async with scene.follow(old.url) as followed:
            kept, _ = await scene.write(followed, 3)
            run_tool("pg_dump", old.url, "-F", "custom", "-f", str(dump), "postgres", folder=scene.folder)
            lost, token = await scene.write(followed, 3)
    async with EmbeddedPostgres(scene.folder / "new") as new:
        restored = ["--clean", "--if-exists", "--no-owner", "-d", "postgres", str(dump)]
        run_tool("pg_restore", new.url, *restored, folder=scene.folder)
        await scene.assert_is_noticed_and_repaired(new.url, kept, lost, token)


async def test_a_data_folder_copied_back(scene: Scene) -> None:
    folder, copy = scene.folder / "postgres", scene.folder / "copy"
    copy.mkdir()
    async with EmbeddedPostgres(folder) as server:
        await scene.begin(server.url)
        async with scene.follow(server.url) as followed:
            kept, _ = await scene.write(followed, 3)
    copy_data(folder, copy)
    async with EmbeddedPostgres(folder) as server, scene.follow(server.url) as followed:
        lost, token = await scene.write(followed, 3)
    shutil.rmtree(folder / "data")
    copy_data(copy, folder)
    async with EmbeddedPostgres(folder) as server:
        await scene.assert_is_noticed_and_repaired(server.url, kept, lost, token)


async def test_a_standby_promoted_without_the_tail(scene: Scene) -> None:
    async with AsyncExitStack() as stack:
        primary = await stack.enter_async_context(EmbeddedPostgres(scene.folder / "primary", settings=STREAMING))
        await scene.begin(primary.url)
        standby = await make_standby(scene, primary)
        async with scene.follow(primary.url) as followed:
            async with standby:
                kept, _ = await scene.write(followed, 3)
                await wait_until_streamed(primary.url, standby.url)
            lost, token = await scene.write(followed, 3)
    async with EmbeddedPostgres(standby.folder, settings=STREAMING) as promoted:
        conn = await asyncpg.connect(promoted.url)
        assert await conn.fetchval("SELECT pg_promote(true, 60)")
        await conn.close()
        await scene.assert_is_noticed_and_repaired(promoted.url, kept, lost, token)


async def make_standby(scene: Scene, primary: EmbeddedPostgres) -> EmbeddedPostgres:
    """Return a standby that is not started yet, with a base backup of the primary."""
    folder = scene.folder / "standby"
    async with EmbeddedPostgres(folder):
        pass  # the folder is ours from here on; its empty data give way to the primary's
    shutil.rmtree(folder / "data")
    options = ["-D", str(folder / "data"), "-X", "stream", "-R", "-c", "fast"]
    run_tool("pg_basebackup", primary.url, *options, folder=scene.folder)
    owner = (primary.folder / "data").stat()
    subprocess.run(["chown", "-R", f"{owner.st_uid}:{owner.st_gid}", str(folder / "data")], check=True)
    return EmbeddedPostgres(folder, settings=STREAMING)


async def wait_until_streamed(primary: str, standby: str) -> None:
    """Wait until the standby has replayed all that the primary has written."""
    ahead, behind = await asyncpg.connect(primary), await asyncpg.connect(standby)
    written = await ahead.fetchval("SELECT pg_current_wal_lsn()")
    async with asyncio.timeout(PATIENCE_S):
        while not await behind.fetchval("SELECT pg_last_wal_replay_lsn() >= $1", written):
            await asyncio.sleep(LOOK_S)
    await ahead.close()
    await behind.close()
