"""The subcommand `whence runs`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from whence.connecting import add_connection_options, connect
from whence.run_table.columns import DEFAULT, Column, find_columns, parse_column, parse_columns, parse_order
from whence.run_table.reading import count_runs, read_runs
from whence.run_table.tables import print_json, print_plain, print_table

_DESCRIPTION = """List runs: those that fulfil a query, in any order, with any columns.

The query is written in the query language (docs/reference/query-language.md):

  whence runs 'last(val_loss) < 3.28 and not tag.state = broken' --order 'min(val_loss)' --columns 'name,param.lr'

In a terminal the table is as wide as the terminal; into a file or pipe go all values, with tabs between."""


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence runs`."""
    parser = subparsers.add_parser(
        "runs",
        help="list runs by query, order and columns",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("query", nargs="?", metavar="QUERY", help="which runs; left out, all of them")
    parser.add_argument("--experiment", metavar="NAME", help="only runs of this experiment")
    parser.add_argument("--order", action="append", default=[], metavar="KEY",
                        help="name, created, last(KEY), param.KEY, ..., with ' desc' behind it to turn it around; "
                        "may be given several times (newest first)")  # fmt: skip
    parser.add_argument("--columns", metavar="LIST",
                        help=f"({','.join(DEFAULT)}, and what QUERY and --order ask)")  # fmt: skip
    parser.add_argument("--first", type=_count, default=20, metavar="N", help="so many runs at most (20)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, which always has `id`")
    add_connection_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the runs that the options name, and return the exit code."""
    ordered = [parse_order(text) for text in args.order]
    columns = _choose_columns(args.columns, [*find_columns(args.query or ""), *(column for column, _ in ordered)])
    where = None if args.experiment is None else {"experiment": {"eq": args.experiment}}
    if args.json and not any(column.title == "id" for column in columns):
        columns = [parse_column("id"), *columns]  # a program goes on with it
    question: dict[str, Any] = {"query": args.query, "where": where}
    with connect(args, patience=0) as service:
        orders = [order for _, order in ordered]
        nodes = read_runs(service, question=question, orders=orders, columns=columns, first=args.first)
        if args.json:
            print_json(nodes, columns)
        elif not sys.stdout.isatty():
            print_plain(nodes, columns)
        else:
            shown = print_table(nodes, columns)
            print(f"{shown} of {count_runs(service, question=question)} runs")
    return 0


def _choose_columns(given: str | None, asked: list[Column]) -> list[Column]:
    if given is not None:
        return parse_columns(given) or [parse_column("name")]
    chosen = {(column.kind, column.key): column for column in [*map(parse_column, DEFAULT), *asked]}
    return list(chosen.values())


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError
    return count
