"""The subcommand `whence compare`: runs side by side, a column for each."""

from __future__ import annotations

import argparse
from typing import Any

from whence.connecting import add_connection_options, connect
from whence.printing import print_json, print_rows, write_number
from whence.run_names import find_run_ids

_DOCUMENT = """query Compare($ids: [ID!]!, $only: Boolean!) {
  compareRuns(ids: $ids, onlyDifferences: $only) {
    runs { uuid name number experiment { name } }
    params { key differs values { run { uuid } value } }
    metrics { key differs values { run { uuid } last { value } } }
    tags { key differs values { run { uuid } value } }
    code { run { uuid } revision { commit dirty } }
    environment { key differs values { run { uuid } value } }
  }
}"""


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence compare`."""
    parser = subparsers.add_parser(
        "compare",
        help="show runs side by side: parameters, metrics, tags, code, environment",
        description="Show runs side by side, a column for each: their parameters, the last values of their metrics, "
        "tags, code and environments. Only what differs is shown, unless --all is given. At most 100 runs.",
    )
    parser.add_argument("run_ids", nargs="+", metavar="RUN", help="the runs: EXPERIMENT#NUMBER, UUIDs or global ids")
    parser.add_argument("--all", action="store_true", help="show also what is the same in all of them")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_connection_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the comparison, and return the exit code."""
    with connect(args, patience=0) as service:
        ids = find_run_ids(service, args.run_ids)
        found = service.execute(_DOCUMENT, {"ids": ids, "only": not args.all})["compareRuns"]
    if args.json:
        print_json(found)
        return 0
    ids = [one["uuid"] for one in found["runs"]]
    titles = ["", *(f"{one['experiment']['name']}#{one['number']} {one['name']}" for one in found["runs"])]
    print_rows(titles, list(_list_rows(found, ids)))
    return 0


def _list_rows(found: dict[str, Any], ids: list[str]) -> list[list[str]]:
    rows = []
    for kind, prefix in (("params", "param."), ("metrics", ""), ("tags", "tag."), ("environment", "environment.")):
        for one in found[kind]:
            values = {held["run"]["uuid"]: _read(held) for held in one["values"]}
            rows.append([prefix + one["key"], *(write_number(values.get(run_id)) for run_id in ids)])
    code = {one["run"]["uuid"]: one["revision"] for one in found["code"]}
    if code:
        rows.append(["code", *(_tell_code(code.get(run_id)) for run_id in ids)])
    return rows


def _read(held: dict[str, Any]) -> Any:
    return held["last"]["value"] if "last" in held else held["value"]


def _tell_code(revision: dict[str, Any] | None) -> str:
    return "" if revision is None else f"{revision['commit'][:12]}{' + changes' if revision['dirty'] else ''}"
