"""The command `whence`: its own subcommands, and those that other distributions add by entry points."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterable, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from whence import __version__
from whence.connecting import add_connection_options, set_connection_defaults
from whence.failures import WhenceError
from whence.settings import read_settings

COMMANDS = {
    "status": "whence.status",
    "runs": "whence.run_table.command",
    "search": "whence.searching.command",
    "lineage": "whence.lineage.command",
    "show": "whence.showing.command",
    "log": "whence.console_command",
    "compare": "whence.comparing.command",
    "artifacts": "whence.files.command",
    "gc": "whence.sweeping",
    "token": "whence.tokens",
    "reproduce": "whence.reproducing.command",
    "export": "whence.exporting.command",
    "import": "whence.importing.command",
    "sync": "whence.syncing",
}
"""Our own commands by the module that has them: its `add_command(subparsers)` is called."""

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
    words = sys.argv[1:] if argv is None else argv
    parser = make_parser(words)
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


def make_parser(words: Sequence[str], others: Iterable[EntryPoint] | None = None) -> argparse.ArgumentParser:
    """Return the parser with the commands that the words name, or with all of them where they name none.

    `others` are the entry points of other distributions; left out, those that are installed.

    Importing the modules of all commands takes a third of a second, which `whence serve` would pay at each start.
    """
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
    found = entry_points(group=GROUP) if others is None else others
    points = {point.name: point for point in sorted(found, key=lambda point: point.name)}
    for name in _choose_named({**COMMANDS, **points}, words):
        if name in COMMANDS:
            import_module(COMMANDS[name]).add_command(subparsers)
        if name in points:
            _add_other(subparsers, points[name])
    return parser


def _choose_named(names: Collection[str], words: Sequence[str]) -> Collection[str]:
    """Return those of the names that stand among the words, or all of them where none does."""
    return [name for name in names if name in words] or names


def _add_other(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], point: EntryPoint) -> None:
    """Add a command of another distribution; a broken one must not take the others with it."""
    try:
        point.load()(subparsers)
    except Exception as exc:
        print(f"whence: the command {point.name!r} ({point.value}) cannot be loaded: {exc}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
