"""The subcommand `whence artifacts`: the files of a run, listed or fetched."""

from __future__ import annotations

import argparse
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from whence.connecting import add_connection_options, connect
from whence.failures import BadInput, Problem
from whence.files.downloading import download_artifact, find_within
from whence.importing.progress import ProgressDisplay
from whence.printing import print_json, print_rows, write_size
from whence.service import Service

_PAGE = 1000
_DOCUMENT = """query FilesOf($run: ID!, $first: Int!, $after: String) {
  run(id: $run) { artifacts(first: $first, after: $after) {
    nodes { path name size mediaType digest uri step superseded createdAt downloadPath }
    pageInfo { endCursor hasNextPage }
  } }
}"""


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence artifacts`."""
    parser = subparsers.add_parser(
        "artifacts",
        help="list the files of a run, or fetch them",
        description="List the files that a run made, or fetch them with --get, checked by their digests. An "
        "interrupted fetch goes on where it ended. Of a path that was logged several times the newest file is fetched. "
        "Ends with 1 when the service has not the bytes of one that was asked for by its whole path.",
    )
    parser.add_argument("run_id", metavar="RUN", help="UUID or global id of the run")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="only these paths; * and ? stand for anything")
    parser.add_argument("--get", type=Path, metavar="DIR", help="fetch them into this folder")
    parser.add_argument("--json", action="store_true", help="print one JSON array")
    add_connection_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List or fetch, and return the exit code."""
    with connect(args, patience=0) as service:
        files = [one for one in fetch_files(service, args.run_id) if _is_asked(one["path"], args.paths)]
        if args.get is not None:
            return _fetch(service, files, args)
    if args.json:
        print_json(files)
        return 0
    titles = ("path", "size", "type", "step", "digest", "uri")
    rows = [(f["path"], write_size(f["size"]), f["mediaType"], f["step"], f["digest"], f["uri"]) for f in files]
    print_rows(titles, rows, right=("size", "step"))
    return 0


def fetch_files(service: Service, run_id: str) -> list[dict[str, Any]]:
    """Return all files of a run, the oldest first. Raises `Problem`, `Unreachable`."""
    files: list[dict[str, Any]] = []
    after = None
    while True:
        page = service.execute(_DOCUMENT, {"run": run_id, "first": _PAGE, "after": after})["run"]["artifacts"]
        files += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return files


def _is_asked(path: str, patterns: list[str]) -> bool:
    return not patterns or any(fnmatchcase(path, pattern) for pattern in patterns)


def _fetch(service: Service, files: list[dict[str, Any]], args: argparse.Namespace) -> int:
    newest = {one["path"]: one for one in files}
    for path in args.paths:
        if path not in newest and not set("*?[") & set(path):
            raise BadInput(f"run {args.run_id} has no file {path!r}")
    fetched, missing = [], []
    total = sum(one["size"] or 0 for one in newest.values())
    with ProgressDisplay(f"fetching into {args.get}", total, quiet=args.json) as progress:
        for path, one in newest.items():
            if one["downloadPath"] is None:
                missing.append(path)
                continue
            target = find_within(args.get, path)
            try:
                fetched += download_artifact(
                    service, one["digest"], one["mediaType"], target, progress=progress.advance
                )
            except Problem as problem:
                if problem.code != "NOT_FOUND":
                    raise
                missing.append(path)
    if args.json:
        print_json({"fetched": [str(path) for path in fetched], "missing": missing})
    else:
        print(f"fetched {len(fetched)} files into {args.get}")
    for path in missing:
        print(
            f"whence: the service has not the bytes of {path} ({newest[path]['uri'] or 'not uploaded'})",
            file=sys.stderr,
        )
    return 1 if set(missing) & set(args.paths) else 0
