"""The subcommand `whence log`: what a run printed."""

from __future__ import annotations

import argparse
from typing import Any

from whence.connecting import add_connection_options, connect
from whence.printing import print_json
from whence.run_names import RUN, find_run_id
from whence.run_table.tables import show

_AT_ONCE = 10_000
_DOCUMENT = """query Printed(
  $run: ID!, $stream: String!, $writer: String, $from: Int64!, $lines: Int!, $contains: String
) {
  console(run: $run, stream: $stream, writer: $writer, fromLine: $from, lines: $lines, contains: $contains) {
    writers { writer lines } lines { number text } nextLine
  }
}"""


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence log`."""
    parser = subparsers.add_parser(
        "log",
        help="print what a run printed: all of it, a range of lines, or lines that hold a text",
        description="Print what a run printed. Of several processes, or attempts, the one that began last is meant, "
        "unless --writer names another; --json lists them.",
    )
    parser.add_argument("run_id", metavar="RUN", help=RUN)
    parser.add_argument("--stderr", action="store_true", help="standard error in place of standard output")
    parser.add_argument("--from", dest="first", type=int, default=0, metavar="N", help="the first line, from 0 (0)")
    parser.add_argument("--lines", type=int, default=None, metavar="N", help="so many lines at most (all)")
    parser.add_argument("--grep", metavar="TEXT", help="only lines that hold this text, in any case")
    parser.add_argument("--number", action="store_true", help="print the number of each line before it")
    parser.add_argument("--writer", metavar="UUID", help="of this process")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_connection_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the lines, and return the exit code."""
    asked: dict[str, Any] = {
        "stream": "stderr" if args.stderr else "stdout",
        "writer": args.writer,
        "contains": args.grep,
    }
    left = args.lines
    held: dict[str, Any] = {"writers": [], "lines": [], "nextLine": args.first}
    with connect(args, patience=0) as service:
        asked["run"] = find_run_id(service, args.run_id)
        while held["nextLine"] is not None and left != 0:
            most = _AT_ONCE if left is None else min(left, _AT_ONCE)
            found = service.execute(_DOCUMENT, asked | {"from": held["nextLine"], "lines": most})["console"]
            asked["writer"] = asked["writer"] or next((one["writer"] for one in found["writers"]), None)
            left = None if left is None else left - len(found["lines"])
            held = {**found, "lines": held["lines"] + found["lines"] if args.json else []}
            if not args.json:
                _print(found["lines"], numbered=args.number)
    if args.json:
        print_json(held)
    return 0


def _print(lines: list[dict[str, Any]], *, numbered: bool) -> None:
    for line in lines:
        text = show(line["text"])
        print(f"{line['number']:>7}  {text}" if numbered else text)
