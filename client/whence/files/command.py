"""The subcommand `whence artifacts`: the files of a run, listed or fetched."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from whence.connecting import add_connection_options, connect
from whence.failures import BadInput, Problem
from whence.files.choices import LATEST, parse_choice
from whence.files.downloading import download_artifact, find_within
from whence.importing.progress import ProgressDisplay
from whence.printing import print_json, print_rows, write_size
from whence.reading.files import fetch_artifact_nodes, set_artifact_alias
from whence.run_names import RUN, find_run_id
from whence.service import Service

Node = dict[str, Any]


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence artifacts`."""
    parser = subparsers.add_parser(
        "artifacts",
        help="list the files of a run, or fetch them",
        description="List the files that a run made, or fetch them with --get, checked by their digests. An "
        "interrupted fetch goes on where it ended. The files at one path are its versions, counted from 1: "
        "`model.pt@3` is one of them, `model.pt@best` the one that an alias means, `model.pt@latest` the newest, which "
        "is also what is fetched where nothing is said. Ends with 1 when the service has not the bytes of one that was "
        "asked for by its whole path.",
    )
    parser.add_argument("run_id", metavar="RUN", help=RUN)
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="only these paths; * and ? stand for anything, @ begins a version or an alias",
    )
    parser.add_argument("--get", type=Path, metavar="DIR", help="fetch them into this folder")
    parser.add_argument("--alias", metavar="NAME", help="let this alias mean the one version of the one PATH")
    parser.add_argument("--drop-alias", metavar="NAME", help="take this alias away from the one PATH")
    parser.add_argument("--json", action="store_true", help="print one JSON array")
    add_connection_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List or fetch, and return the exit code."""
    with connect(args, patience=0) as service:
        args.run_id = find_run_id(service, args.run_id)
        files = _choose(fetch_artifact_nodes(service, args.run_id), args.paths)
        if args.alias is not None or args.drop_alias is not None:
            path = _move_alias(service, files, args)
            files = [one for one in fetch_artifact_nodes(service, args.run_id) if one["path"] == path]
        if args.get is not None:
            return _fetch(service, files, args)
    if args.json:
        print_json(files)
        return 0
    titles = ("path", "version", "aliases", "size", "type", "step", "digest", "uri")
    print_rows(titles, [_make_row(one) for one in files], right=("version", "size", "step"))
    return 0


def _make_row(one: Node) -> tuple[Any, ...]:
    told = (one["mediaType"], one["step"], one["digest"], one["uri"])
    return (one["path"], one["version"], ", ".join(one["aliases"]), write_size(one["size"]), *told)


def _choose(files: list[Node], asked: list[str]) -> list[Node]:
    """Return the files that are asked for, all of them where nothing is."""
    if not asked:
        return files
    chosen = {one["id"] for text in asked for one in _find(files, text)}
    return [one for one in files if one["id"] in chosen]


def _find(files: list[Node], text: str) -> Iterator[Node]:
    if any(one["path"] == text for one in files):
        yield from (one for one in files if one["path"] == text)
        return
    path, alias, version = parse_choice(text)
    found = [one for one in files if fnmatchcase(one["path"], path)]
    if version is not None:
        yield from (one for one in found if one["version"] == version)
    elif alias == LATEST:
        yield from _take_newest(found)
    else:
        yield from (one for one in found if alias is None or alias in one["aliases"])


def _take_newest(files: Iterable[Node]) -> list[Node]:
    return list({one["path"]: one for one in files}.values())


def _move_alias(service: Service, files: list[Node], args: argparse.Namespace) -> str:
    """Set or take away an alias, and return the path."""
    newest = _take_newest(files)
    if len(args.paths) != 1 or len(newest) != 1:
        raise BadInput(f"an alias is of one path; {len(newest)} of run {args.run_id} were named")
    (one,) = newest
    if args.alias is not None:
        set_artifact_alias(service, args.run_id, one["path"], args.alias, one["version"])
    if args.drop_alias is not None:
        set_artifact_alias(service, args.run_id, one["path"], args.drop_alias, None)
    return str(one["path"])


def _fetch(service: Service, files: list[dict[str, Any]], args: argparse.Namespace) -> int:
    newest = {one["path"]: one for one in files}
    asked = set()
    for text in args.paths:
        if not _choose(files, [text]) and not set("*?[") & set(text):
            raise BadInput(f"run {args.run_id} has no file {text!r}")
        asked |= {text, parse_choice(text)[0]}
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
    return 1 if set(missing) & asked else 0
