"""The subcommand `whence reproduce`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from whence.connecting import add_connection_options, connect
from whence.failures import BadInput
from whence.reproducing.recipes import Recipe, check_digest, fetch_recipe
from whence.run_names import RUN, find_run_id

SCRIPT = "reproduce.sh"


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence reproduce`."""
    parser = subparsers.add_parser(
        "reproduce",
        help="print how to do a run again: checkout, environment, command, and what is missing",
        description="Print the steps that do a run again, from the snapshot that the SDK took of code, packages and "
        "machine, and what is missing for them: data that is gone, changes that were not kept, seeds that nobody set. "
        "Ends with 1 for a run without a snapshot.",
    )
    parser.add_argument("run_id", metavar="RUN", help=RUN)
    parser.add_argument(
        "--write", type=Path, metavar="DIR", help=f"write {SCRIPT}, requirements.txt and changes.patch into DIR"
    )
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")
    add_connection_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print or write the recipe, and return the exit code."""
    with connect(args, patience=0) as service:
        recipe = fetch_recipe(service, find_run_id(service, args.run_id))
    if args.json:
        sys.stdout.write(_encode(recipe) + "\n")
        return 0 if recipe.snapshot is not None else 1
    check_digest(recipe)
    if args.write is not None:
        _write(recipe, args.write)
        print(f"wrote {args.write / SCRIPT}")
    else:
        sys.stdout.write(recipe.write_script())
    for line in recipe.missing:
        print(f"whence: missing: {line}", file=sys.stderr)
    return 0


def _write(recipe: Recipe, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in recipe.files.items():
            (folder / name).write_bytes(data)
        (folder / SCRIPT).write_text(recipe.write_script(), encoding="utf-8")
        (folder / SCRIPT).chmod(0o755)
    except OSError as exc:
        raise BadInput(f"cannot write into {folder}: {exc.strerror or exc}") from exc


def _encode(recipe: Recipe) -> str:
    fields = {
        "run": recipe.run,
        "name": recipe.name,
        "digest": recipe.digest,
        "steps": recipe.steps,
        "files": {name: data.decode("utf-8", "replace") for name, data in recipe.files.items()},
        "data": recipe.data,
        "missing": recipe.missing,
        "snapshot": recipe.snapshot,
    }
    return msgspec.json.format(msgspec.json.encode(fields), indent=2).decode()
