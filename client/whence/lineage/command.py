"""The subcommand `whence lineage`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from whence.connecting import add_connection_options, connect
from whence.failures import BadInput
from whence.lineage.pictures import draw_picture
from whence.lineage.reading import make_answer_graph, read_answer, read_export
from whence.lineage.references import FORMS, parse_reference
from whence.lineage.trees import make_tree

_DESCRIPTION = f"""Show whence something came, or (--down) what came of it.

{FORMS}

  whence lineage model:digits-classifier@champion
  whence lineage dataset:digits/raw@1 --down --svg raw.svg"""


WIDE = 400
"""Columns where no terminal says how many there are: nothing of a file or pipe is cut."""


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence lineage`."""
    parser = subparsers.add_parser(
        "lineage",
        help="show whence something came, or what came of it",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("reference", metavar="REF", help="what is asked about")
    parser.add_argument("--down", action="store_true", help="downstream: what came of it")
    parser.add_argument("--depth", type=int, default=20, metavar="N", help="so many steps at most (20)")
    parser.add_argument("--at", metavar="TIME", help="as it was then: RFC 3339, such as 2026-06-08T00:00:00Z")
    parser.add_argument("--known-at", metavar="TIME", help="as was known then")
    parser.add_argument("--no-inferred", action="store_true", help="only what somebody said or saw")
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--svg", type=Path, metavar="FILE", help="write a picture")
    forms.add_argument("--dot", action="store_true", help="print it for Graphviz")
    forms.add_argument("--prov", action="store_true", help="print it as W3C PROV-JSON")
    forms.add_argument("--json", action="store_true", help="print the answer of the service")
    add_connection_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what the options ask for, and return the exit code."""
    question = make_question(args)
    with connect(args, patience=0) as service:
        if args.dot:
            sys.stdout.write(read_export(service, question, "dot"))
        elif args.prov:
            _print_json(read_export(service, question, "provJson"))
        else:
            _show(args, read_answer(service, question))
    return 0


def make_question(args: argparse.Namespace) -> dict[str, Any]:
    """Return the variables of the question. Raises `BadInput`."""
    as_of = {"at": args.at, "asKnownAt": args.known_at}
    return {
        "of": [parse_reference(args.reference)],
        "direction": "DOWNSTREAM" if args.down else "UPSTREAM",
        "maxDepth": args.depth,
        "asOf": {name: told for name, told in as_of.items() if told is not None} or None,
        "inferred": not args.no_inferred,
    }


def _show(args: argparse.Namespace, answer: dict[str, Any]) -> None:
    if args.json:
        _print_json(answer)
        return
    graph = make_answer_graph(answer)
    if args.svg is not None:
        _write(args.svg, draw_picture(graph, title=f"lineage of {args.reference}"))
    else:
        starts = [start["id"] for start in answer["start"]]
        width = None if sys.stdout.isatty() else WIDE
        tree = make_tree(graph, starts, upstream=not args.down)
        Console(highlight=False, width=width).print(tree, soft_wrap=width is None, no_wrap=True)
    for line in tell_limits(answer):
        print(f"whence: {line}", file=sys.stderr)


def tell_limits(answer: dict[str, Any]) -> list[str]:
    """Return what a reader must know of the answer: that it was cut, that it is behind, what it assumes."""
    said = answer["completeness"]
    lines = []
    if not said["complete"] or answer.get("cutByUs"):
        reasons = ", ".join(reason.lower() for reason in said["reasons"]) or "more than is drawn"
        lines.append(f"this is not all of it ({reasons})")
    if said["cycle"]:
        lines.append("there is a cycle in it")
    lines += said["assumptions"]
    lag = answer["freshness"]["lagSeconds"]
    if lag:
        lines.append(f"the graph is {lag:.0f} s behind the record")
    return lines


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise BadInput(f"cannot write {path}: {exc.strerror}") from exc


def _print_json(value: Any) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
