"""The subcommand `whence import`."""

from __future__ import annotations

import argparse
import sys

from whence.connecting import add_connection_options, connect
from whence.failures import BadLine, Problem
from whence.importing import documents
from whence.importing.folders import find_lines, send_files
from whence.importing.importer import ImportResult, import_lines
from whence.importing.progress import ProgressDisplay
from whence.importing.sources import find_mistakes, measure, read_lines
from whence.printing import print_json
from whence.service import Service, find_problem

_DESCRIPTION = """Import runs, metrics, notes and lineage from JSON lines (docs/reference/import-format.md).

Importing the same lines again changes nothing, so an import that was interrupted is completed by running it again.
Files are checked to their end before anything is sent; standard input is checked line by line."""


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence import`."""
    parser = subparsers.add_parser(
        "import",
        help="import runs from JSON lines",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="JSON lines, also as .gz, or a folder of `whence export`; - reads standard input",
    )
    parser.add_argument("--check", action="store_true", help="check the files and send nothing")
    parser.add_argument("--create-workspace", action="store_true", help="make the workspace if it does not exist")
    parser.add_argument("--connections", type=_connections, default=4, metavar="N", help="requests at once (4)")
    parser.add_argument("--json", action="store_true", help="print what was done as one JSON object")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    add_connection_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Import what the options name, and return the exit code."""
    names = find_lines(args.files)
    total = measure(names)
    mistakes = find_mistakes(names)
    if mistakes:
        return _refuse(mistakes)
    if args.check:
        print("no mistakes found")
        return 0
    with connect(args, connections=args.connections) as service:
        service.probe()
        if args.create_workspace:
            create_workspace(service)
        send_files(service, args.files)
        title = f"importing into {service.workspace}"
        with ProgressDisplay(title, total, quiet=args.quiet) as progress:
            result = import_lines(
                service,
                read_lines(names),
                connections=args.connections,
                report=lambda entry: progress.advance(len(entry.raw)),
            )
    if args.json:
        print_json(result)
    else:
        print(tell(result))
    return 0


def create_workspace(service: Service) -> None:
    """Make the workspace of the service's address, unless it is there."""
    with service.beside("default") as lobby:
        answer = lobby.execute(documents.CREATE_WORKSPACE, {"input": {"name": service.workspace}})
    problem = find_problem(answer["createWorkspace"])
    if problem is not None and problem.code != "CONFLICT":
        raise Problem(code=problem.code, message=problem.message, path=problem.path)


def tell(result: ImportResult) -> str:
    """Return what an import did, in one line."""
    known = f" ({result.runs_known} were there already)" if result.runs_known else ""
    runs = result.runs_made + result.runs_known
    return f"imported {result.lines} lines: {runs} runs{known}, {result.points} points, in {result.seconds:.1f} s"


def _refuse(mistakes: list[BadLine]) -> int:
    for mistake in mistakes:
        print(f"whence: {mistake}", file=sys.stderr)
    print("whence: nothing was sent", file=sys.stderr)
    return mistakes[0].exit_code


def _connections(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("must be from 1 to 64")
    return number
