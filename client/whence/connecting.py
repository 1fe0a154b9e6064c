"""The options by which every command that speaks to the service finds it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from whence.settings import DEFAULT_URL, DEFAULT_WORKSPACE, Settings

if TYPE_CHECKING:
    from whence.service import Service


def add_connection_options(parser: argparse.ArgumentParser) -> None:
    """Add --url, --token and --workspace. What is left out comes from the options before the subcommand."""
    group = parser.add_argument_group("connection")
    group.add_argument(
        "--url", default=argparse.SUPPRESS, help=f"address of the service (WHENCE_URL, else {DEFAULT_URL})"
    )
    group.add_argument("--token", default=argparse.SUPPRESS, help="access token (better given as WHENCE_TOKEN)")
    group.add_argument(
        "--workspace", default=argparse.SUPPRESS, help=f"workspace (WHENCE_WORKSPACE, else {DEFAULT_WORKSPACE})"
    )


def set_connection_defaults(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """Let the environment speak where no option does."""
    parser.set_defaults(url=settings.url, token=settings.token, workspace=settings.workspace)


def connect(args: argparse.Namespace, *, connections: int = 1, patience: float = 60.0) -> Service:
    """Return the service that the options name; nothing is sent yet."""
    from whence.service import Service  # its HTTP client takes long to import, and not every command speaks to one

    return Service(args.url, workspace=args.workspace, token=args.token, connections=connections, patience=patience)
