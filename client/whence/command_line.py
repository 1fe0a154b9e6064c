"""The command `whence`: its own subcommands, and those that other distributions add by entry points."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points

from whence import __version__, status, syncing
from whence.connecting import add_connection_options, set_connection_defaults
from whence.failures import WhenceError
from whence.importing import command as importing
from whence.run_table import command as run_table
from whence.settings import read_settings

GROUP = "whence.commands"
"""Entry points of this group are functions `add_command(subparsers)` that add a parser whose default `run` takes the
parsed arguments and returns an exit code."""

_EPILOG = """exit codes:
  0    done
  1    the service refused, or is not ready
  2    wrong usage
  3    nothing answers at the address
  4    the input has mistakes
  130  interrupted"""
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name and return its exit code."""
    parser = _make_parser(entry_points(group=GROUP))
    args = parser.parse_args(argv)
    try:
        return int(args.run(args))
    except WhenceError as exc:
        print(f"whence: {exc}", file=sys.stderr)
        return exc.exit_code
    except BrokenPipeError:  # whoever read our output has enough
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("whence: interrupted", file=sys.stderr)
        return _INTERRUPTED


def _make_parser(others: Iterable[EntryPoint]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="whence",
        description="Whence keeps what happened in your experiments, and answers whence a model came.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"whence {__version__}")
    add_connection_options(parser)
    set_connection_defaults(parser, read_settings())
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    status.add_command(subparsers)
    run_table.add_command(subparsers)
    importing.add_command(subparsers)
    syncing.add_command(subparsers)
    for point in sorted(others, key=lambda point: point.name):
        _add_other(subparsers, point)
    return parser


def _add_other(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], point: EntryPoint) -> None:
    """Add a command of another distribution; a broken one must not take the others with it."""
    try:
        point.load()(subparsers)
    except Exception as exc:
        print(f"whence: the command {point.name!r} ({point.value}) cannot be loaded: {exc}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
