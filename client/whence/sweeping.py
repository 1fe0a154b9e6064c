"""The subcommand `whence gc`: delete bytes of artifacts that no record names."""

from __future__ import annotations

import argparse
from typing import Any

from whence.connecting import add_connection_options, connect
from whence.printing import print_json, write_size
from whence.service import Service, require

_DOCUMENT = """mutation Sweep($input: SweepArtifactsInput!) { sweepArtifacts(input: $input) {
  ... on SweepArtifactsPayload { files bytes seen complete examples } ... on Problem { code message path retriable }
} }"""


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence gc`."""
    parser = subparsers.add_parser(
        "gc",
        help="count, or delete, bytes of artifacts that no record names",
        description="Count the bytes of artifacts in the workspace that nothing in the record names: neither a file of "
        "a run (deleted runs too, until they are purged), nor a folder, nor a version of a dataset or model. With "
        "--delete they are deleted for good. What was stored less than the grace ago (24 hours, see "
        "WHENCE_ARTIFACTS_GRACE_HOURS) is left alone.",
    )
    parser.add_argument("--delete", action="store_true", help="delete them; without it they are only counted")
    parser.add_argument("--older-than", type=float, metavar="HOURS", help="in place of the grace")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_connection_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Sweep, and return the exit code."""
    with connect(args, patience=0) as service:
        done = sweep(service, delete=args.delete, older_than=args.older_than)
    if args.json:
        print_json(done | {"deleted": args.delete})
        return 0
    which = "deleted" if args.delete else "would be deleted"
    more = "" if done["complete"] else "; there are more"
    print(f"{done['files']} of {done['seen']} files ({write_size(done['bytes'])}) {which}{more}")
    if not args.delete and done["files"]:
        for digest in done["examples"]:
            print(f"  {digest}")
    return 0


def sweep(service: Service, *, delete: bool, older_than: float | None) -> dict[str, Any]:
    """Sweep once, or, deleting, until nothing is left, and return what was found. Raises `Problem`, `Unreachable`."""
    asked: dict[str, Any] = {"dryRun": not delete, "limit": 1_000 if delete else 10_000}
    if older_than is not None:
        asked["olderThanHours"] = older_than
    files = size = 0
    while True:
        found = require(service.execute(_DOCUMENT, {"input": asked})["sweepArtifacts"])
        files, size = files + found["files"], size + found["bytes"]
        if found["complete"] or not delete:
            return found | {"files": files, "bytes": size}
