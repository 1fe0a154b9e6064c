"""The command `whence serve`: settings, the private Postgres, then the service.

Imports at the top are light: Postgres starts first, and the heavy ones happen while it does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BAD_SETTINGS = 2
CANNOT_START = 1

_DESCRIPTION = """Start the service.

Without WHENCE_DATABASE_URL it starts a private Postgres in the data folder, and stops it at the end. Every setting
can stand in the environment or in whence.toml too: docs/reference/settings.md."""


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence serve`; called through the entry-point group `whence.commands`."""
    parser = subparsers.add_parser(
        "serve",
        help="start the service",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", metavar="DIR", help="folder of the private Postgres (.whence)")
    parser.add_argument("--host", metavar="H", help="address to listen on (127.0.0.1); others need WHENCE_TOKEN")
    parser.add_argument("--port", metavar="N", help="port to listen on (8900); 0 takes a free one")
    parser.add_argument("--config", metavar="FILE", type=Path, help="settings file (whence.toml, where there is one)")
    parser.add_argument("--demo", action="store_true", help="import the demo into the workspace `demo`, once")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop, and return the exit code: 0, 1 (cannot start), 2 (wrong settings)."""
    import gc

    gc.disable()  # the imports below make half a million objects that all stay: collecting meanwhile finds nothing
    with _hidden("rich"):  # structlog would load it, for tracebacks that we write plainly: 90 ms and 5 MB
        import structlog  # noqa: F401
    from api.settings import SettingsError, load_settings

    given = {name: getattr(args, name) for name in ("data", "host", "port") if getattr(args, name) is not None}
    try:
        settings = load_settings(file=args.config, given=given)
    except SettingsError as exc:
        for problem in exc.problems:
            _say(problem)
        return BAD_SETTINGS
    from api.ports import CannotStart
    from api.serving import serve

    try:
        serve(settings, with_demo=args.demo)
    except CannotStart as exc:
        _say(str(exc))
        return CANNOT_START
    return 0


@contextmanager
def _hidden(name: str) -> Iterator[None]:
    """Make a module that may be missing look so, to whoever is imported meanwhile."""
    known = sys.modules.get(name)
    sys.modules[name] = None  # type: ignore[assignment]  # what Python itself keeps there for a module that is not to be
    try:
        yield
    finally:
        del sys.modules[name]
        if known is not None:
            sys.modules[name] = known


def _say(problem: str) -> None:
    sys.stderr.write(f"whence: {problem}\n")
