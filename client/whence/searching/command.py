"""The subcommand `whence search`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from whence.connecting import add_connection_options, connect
from whence.failures import WhenceError
from whence.lineage.references import parse_reference
from whence.run_table.columns import parse_order
from whence.searching.facets import Facet, parse_facet
from whence.searching.printing import print_facets, print_json, print_plain, print_table, tell_limits
from whence.searching.reading import KINDS, Found, read_hits

_DESCRIPTION = """Find notes, runs and all else by words, together with what a query asks of their dimensions.

  whence search loss spike warmup
  whence search '"loss spike"' --where 'last(val_loss) < 3.3 and param.lr > 0.001' --facet tag.track
  whence search fp8 --kind note --below dataset:digits/raw@1

Words are written as docs/reference/query-language.md says: all of them are meant, unless `or` stands between; in
"quotes" they stand in a row, and learn* is the start of a word. A note has the dimensions of what it stands on.

In a terminal the table is as wide as the terminal; into a file or pipe go whole lines, with tabs between."""

RELEVANCE = "relevance"


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence search`."""
    parser = subparsers.add_parser(
        "search",
        help="find notes, runs and more by words and dimensions",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="*", metavar="WORD", help="what is looked for; left out, everything")
    parser.add_argument("--where", metavar="QUERY", help="only what fulfils this query")
    parser.add_argument("--kind", action="append", choices=sorted(KINDS), metavar="KIND",
                        help=f"only these, may be given several times: {', '.join(sorted(KINDS))}")  # fmt: skip
    side = parser.add_mutually_exclusive_group()
    side.add_argument("--below", metavar="REF", help="only what came of this, as `whence lineage` names it")
    side.add_argument("--above", metavar="REF", help="only what this came from")
    parser.add_argument("--facet", action="append", default=[], metavar="NAME",
                        help="count all hits by tag.KEY, param.KEY, status, experiment, created:month, ...; "
                        "may be given several times")  # fmt: skip
    parser.add_argument("--order", action="append", default=[], metavar="KEY",
                        help=f"{RELEVANCE}, name, created, last(KEY), param.KEY, ..., with ' desc' behind it to turn "
                        "it around; may be given several times (the best first)")  # fmt: skip
    parser.add_argument("--first", type=_count, default=20, metavar="N", help="so many hits at most (20)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line: hits, then facets")
    add_connection_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what the options ask for, and return the exit code."""
    facets = [parse_facet(text) for text in args.facet]
    question = make_question(args, facets)
    with connect(args, patience=0) as service:
        found = read_hits(service, question, first=args.first)
    if args.json:
        print_json(found, facets)
    elif sys.stdout.isatty():
        print_table(found)
        print_facets(found, facets)
    else:
        print_plain(found)
        print_facets(found, facets)
    _tell(found)
    return 0


def make_question(args: argparse.Namespace, facets: list[Facet]) -> dict[str, Any]:
    """Return the variables of the question. Raises `WhenceError`."""
    sides = {"descendantsOf": args.below, "ancestorsOf": args.above}
    scope = {name: [parse_reference(text)] for name, text in sides.items() if text is not None}
    return {
        "text": " ".join(args.words) or None,
        "query": args.where,
        "kinds": None if args.kind is None else [KINDS[kind] for kind in dict.fromkeys(args.kind)],
        "scope": scope or None,
        "facets": [facet.variables for facet in facets],
        "orderBy": [_read_order(text) for text in args.order],
    }


def _read_order(text: str) -> dict[str, Any]:
    if text.strip().lower() == RELEVANCE:
        return {"field": "RELEVANCE"}
    return parse_order(text)[1]


def _tell(found: Found) -> None:
    for line in tell_limits(found):
        print(f"whence: {line}", file=sys.stderr)


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 1000:
        raise WhenceError(f"--first is {count}; it is 1 to 1000")
    return count
