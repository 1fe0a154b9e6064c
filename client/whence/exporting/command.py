"""The subcommand `whence export`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from whence.connecting import add_connection_options, connect
from whence.exporting.exporter import Exported, export
from whence.failures import BadInput
from whence.importing.progress import ProgressDisplay
from whence.printing import print_json

_DESCRIPTION = """Write an experiment into a folder, from which `whence import DIR` makes it again, in any service:

  lines.jsonl   runs, points, notes, lineage: import lines (docs/reference/import-format.md)
  files/        the bytes of its files, by digest
  export.json   how much it is, and the digest of lines.jsonl: equal experiments give equal digests

Points of all attempts are in it, what they were measured on, what aliases meant and when, and declared sources. Left
out are former values of parameters, summaries that were set by hand, former versions of notes, notes on other things
than runs, what was printed, values that are no numbers, foreign ids, edges to runs of other experiments, and what is
deleted."""


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence export`."""
    parser = subparsers.add_parser(
        "export",
        help="write an experiment into a folder that can be imported again",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("experiment", metavar="EXPERIMENT", help="its name")
    parser.add_argument("folder", type=Path, metavar="DIR", help="a new or empty folder")
    parser.add_argument("--no-files", action="store_true", help="leave the bytes of files out")
    parser.add_argument("--json", action="store_true", help="print what was done as one JSON object")
    add_connection_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Export, and return the exit code."""
    with (
        connect(args) as service,
        ProgressDisplay(f"exporting {args.experiment}", None, unit="runs", quiet=args.json) as progress,
    ):
        try:
            done = export(service, args.experiment, args.folder, with_files=not args.no_files, report=progress.advance)
        except OSError as exc:
            raise BadInput(f"cannot write into {args.folder}: {exc.strerror or exc}") from exc
    if args.json:
        print_json(done)
    else:
        _tell(done)
    return 0


def _tell(done: Exported) -> None:
    print(f"exported {done.runs} runs, {done.points} points, {done.lines} lines, {done.files} files")
    print(done.digest)
    if done.without_bytes:
        print(f"whence: the service has not the bytes of {len(done.without_bytes)} files", file=sys.stderr)
    if done.left_out:
        print(f"whence: {done.left_out} edges to what is not of this experiment were left out", file=sys.stderr)
