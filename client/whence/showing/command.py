"""The subcommand `whence show`: one run at the terminal, as JSON, or as a page."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from whence.connecting import add_connection_options, connect
from whence.failures import BadInput
from whence.lineage.pictures import draw_picture
from whence.lineage.reading import make_answer_graph
from whence.printing import print_facts, print_json, print_rows, write_number, write_size
from whence.run_names import RUN, find_run_id
from whence.service import Service
from whence.showing.pages import write_page
from whence.showing.reading import fetch_curves, fetch_lineage, fetch_run

_DEPTH = 6


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence show`."""
    parser = subparsers.add_parser(
        "show",
        help="show one run: parameters, metrics, notes, files; as a page with --html",
        description="Show one run. --html writes one self-contained page with curves, parameters, notes, files and "
        "pictures of the lineage: it needs no service and no network, so it can be sent by mail.",
    )
    parser.add_argument("run_id", metavar="RUN", help=RUN)
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_connection_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Show the run, and return the exit code."""
    with connect(args, patience=0) as service:
        found = fetch_run(service, find_run_id(service, args.run_id))
        if args.html is not None:
            _write(args.html, _make_page(service, found))
            print(f"wrote {args.html}")
            return 0
    if args.json:
        print_json(found)
    else:
        _print(found)
    return 0


def _make_page(service: Service, found: dict[str, Any]) -> str:
    keys = [one["key"] for one in found["series"]["nodes"] if one["count"] > 1]
    curves = fetch_curves(service, found["uuid"], keys) if keys else {}
    up, down = fetch_lineage(service, found["uuid"], depth=_DEPTH)
    pictures = {}
    for name, answer in (("What it came from", up), ("What came of it", down)):
        if len(answer["nodes"]["edges"]) > 1:
            pictures[name] = draw_picture(make_answer_graph(answer), title=name)
    return write_page(found, curves, pictures)


def _print(found: dict[str, Any]) -> None:
    parent = found["parent"]
    print_facts(
        {
            "run": found["uuid"],
            "name": f"{found['experiment']['name']} #{found['number']} {found['name']}",
            "status": f"{found['status']} ({found['kind']})",
            "started": found["startedAt"][:19].replace("T", " "),
            "ended": (found["endedAt"] or "")[:19].replace("T", " "),
            "by": " on ".join(one for one in (found["createdBy"], found["host"]) if one),
            "parent": None if parent is None else f"{parent['uuid']} {parent['name']}",
            "children": found["children"]["totalCount"]["value"] or None,
            "description": found["description"],
        }
    )
    if found["params"]:
        print()
        print_rows(("parameter", "value"), [(one["key"], one["text"]) for one in found["params"]])
    if found["tags"]:
        print()
        print_rows(("tag", "value"), [(one["key"], one["value"]) for one in found["tags"]])
    series = found["series"]["nodes"]
    if series:
        print()
        rows = [(s["key"], *map(write_number, (s["last"]["value"], s["last"]["step"], s["count"]))) for s in series]
        print_rows(("metric", "last", "step", "points"), rows, right=("last", "step", "points"))
        more = found["series"]["totalCount"]["value"] - len(series)
        if more > 0:
            print(f"and {more} more metrics")
    if found["artifacts"]["nodes"]:
        print()
        files = [(one["path"], write_size(one["size"]), one["mediaType"]) for one in found["artifacts"]["nodes"]]
        print_rows(("file", "size", "type"), files, right=("size",))
    for note in found["notes"]["nodes"]:
        print(
            f"\n{note['createdAt'][:19].replace('T', ' ')} {note['createdBy'] or ''}\n  "
            + note["text"].replace("\n", "\n  ")
        )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise BadInput(f"cannot write {path}: {exc.strerror or exc}") from exc
