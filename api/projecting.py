"""The command `whence project`: a process that follows the record and answers nobody."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.settings import Settings

BAD_SETTINGS = 2
CANNOT_START = 1

_DESCRIPTION = """Keep the graph and the index in step with the record, in a process of its own.

Needs WHENCE_DATABASE_URL and an address of Neo4j or Elasticsearch. Several may run, beside servers too: one leads each
projection, the others stand by. Servers stand by as well unless WHENCE_PROJECTION_IN_SERVER is off."""


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence project`; called through the entry-point group `whence.commands`."""
    parser = subparsers.add_parser(
        "project",
        help="keep the graph and the index in step with the record",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="settings file (whence.toml, where there is one)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Follow the record until told to stop, and return the exit code: 0, 1 (cannot start), 2 (wrong settings)."""
    from api.settings import SettingsError, load_settings

    try:
        settings = load_settings(file=args.config)
    except SettingsError as exc:
        for problem in exc.problems:
            _say(problem)
        return BAD_SETTINGS
    if settings.database.url is None:
        _say("WHENCE_DATABASE_URL: a process of its own cannot follow the private Postgres of a server")
        return BAD_SETTINGS
    from domain.errors import DomainError

    try:
        return asyncio.run(_project(settings, settings.database.url.get_secret_value()))
    except DomainError as exc:
        _say(exc.message)
        return CANNOT_START


async def _project(settings: Settings, url: str) -> int:
    from api.background import Background
    from api.logs import configure_logs
    from api.ways import open_ways
    from projection.hosting import list_lines, prepare_projections
    from store.database import Database
    from store.migrations.runner import migrate
    from store.wakeups import Wakeups

    configure_logs(settings.server)
    await migrate(url)
    database = Database.connect(url, pool_size=settings.database.pool_size)
    wakeups = Wakeups(database)
    async with open_ways(settings) as ways:
        if not ways.targets:
            _say("nothing to follow: neither WHENCE_NEO4J_URL nor WHENCE_ELASTICSEARCH_URL is set")
            return BAD_SETTINGS
        await prepare_projections(database, ways.targets)
        lines = list_lines(database, wakeups, ways.targets, settings.projection)
        background = Background({"wakeups": wakeups.run, **lines})
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await background.start()
        sys.stdout.write(f"following the record: {', '.join(target.name for target in ways.targets)}\n")
        sys.stdout.flush()
        await stopped.wait()
        await background.stop()
    await database.close()
    return 0


def _say(problem: str) -> None:
    sys.stderr.write(f"whence: {problem}\n")
