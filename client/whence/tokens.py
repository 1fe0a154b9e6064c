"""The subcommand `whence token`: make an access token."""

from __future__ import annotations

import argparse
import secrets

from whence.printing import print_json

BYTES = 32


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence token`."""
    parser = subparsers.add_parser(
        "token",
        help="make an access token for a service and its clients",
        description="Print a new random access token. Give it to the service and to its clients as WHENCE_TOKEN; a "
        "service that has one asks everybody for it. Nothing is stored, and nothing is sent.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a token."""
    token = secrets.token_urlsafe(BYTES)
    if args.json:
        print_json({"token": token})
    else:
        print(token)
    return 0
