"""The commands `whence rebuild`, `verify`, `repair` and `restored`: asked of a running service, with progress."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from uuid import uuid4

from whence.connecting import add_connection_options, connect
from whence.service import Service

DIFFERS = 1
LOOK_S = 0.3

START = """mutation Start($input: StartProjectionTaskInput!) {
  startProjectionTask(input: $input) {
    ... on StartProjectionTaskPayload { task { id } }
    ... on Problem { code message path retriable }
  }
}"""
LOOK = """query Look($id: ID!) {
  projectionTask(id: $id) { startedAt finishedAt done total result error }
}"""
RESTORED = """mutation Restored {
  declareRestored(input: { confirm: true }) {
    ... on DeclareRestoredPayload { incarnation }
    ... on Problem { code message path retriable }
  }
}"""
PROJECTIONS = "{ projections { name } }"

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_rebuild(subparsers: Subparsers) -> None:
    """Add `whence rebuild`."""
    parser = _add(subparsers, "rebuild", "build a projection anew from the record, while the old one serves", _run_task)
    _add_drop_anyway(parser)


def add_verify(subparsers: Subparsers) -> None:
    """Add `whence verify`."""
    parser = _add(subparsers, "verify", "compare projections with the record; ends with 1 where they differ", _run_task)
    parser.add_argument("--deep", action="store_true", help="compute contents anew from what is stored")


def add_repair(subparsers: Subparsers) -> None:
    """Add `whence repair`."""
    parser = _add(subparsers, "repair", "compare deeply, and write what differs; ends with 1 if any is left", _run_task)
    _add_drop_anyway(parser)


def add_restored(subparsers: Subparsers) -> None:
    """Add `whence restored`."""
    parser = subparsers.add_parser(
        "restored",
        help="say that the record was restored from a backup",
        description="Say that the record was restored from a backup, or lost its newest writes in a failover. Whence "
        "notices most such cases by itself; to say it once more costs a verification of every projection.",
    )
    add_connection_options(parser)
    parser.set_defaults(run=_run_restored)


def _add(
    subparsers: Subparsers, name: str, text: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.add_argument("projection", nargs="?", choices=("graph", "index"), help="which one; left out, all there are")
    add_connection_options(parser)
    parser.set_defaults(run=run, kind=name.upper())
    return parser


def _add_drop_anyway(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--drop-anyway", action="store_true", help="go on though more is dropped than the settings allow"
    )


def _run_task(args: argparse.Namespace) -> int:
    with connect(args) as service:
        names = [args.projection] if args.projection else [one["name"] for one in _list(service)]
        if not names:
            _warn("the record answers everything itself: no projection is configured")
        return max((_run_one(service, args, name) for name in names), default=0)


def _list(service: Service) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = service.execute(PROJECTIONS)["projections"]
    return found


def _run_one(service: Service, args: argparse.Namespace, name: str) -> int:
    asked = {"projection": name.upper(), "kind": args.kind, "clientKey": str(uuid4())}
    asked |= {"deep": True} if getattr(args, "deep", False) else {}
    asked |= {"dropAnyway": True} if getattr(args, "drop_anyway", False) else {}
    started = service.execute(START, {"input": asked})["startProjectionTask"]
    if "code" in started:
        _warn(f"whence: {name}: {started['message']}")
        return DIFFERS
    task = _follow(service, name, started["task"]["id"])
    if task["error"]:
        _warn(f"whence: {name}: {task['error']}")
        return DIFFERS
    _tell(name, task["result"])
    return DIFFERS if task["result"].get("left") else 0


def _follow(service: Service, name: str, task: str) -> dict[str, Any]:
    """Show how far a task is until it has ended."""
    shown = False
    while True:
        found: dict[str, Any] = service.execute(LOOK, {"id": task})["projectionTask"]
        if found["finishedAt"]:
            if shown:
                sys.stderr.write("\n")
            return found
        if sys.stderr.isatty():
            total = "" if found["total"] is None else f" of about {found['total']}"
            waits = "" if found["startedAt"] else " (waiting for the projection's leader)"
            sys.stderr.write(f"\r{name}: {found['done']}{total}{waits}\x1b[K")
            shown = True
        time.sleep(LOOK_S)


def _tell(name: str, result: Mapping[str, Any]) -> None:
    said = [f"{result['checked']} compared"]
    if "copied" in result:
        said.insert(0, f"{result['copied']} copied into generation {result['generation']}")
    differences = ", ".join(f"{count} {kind}" for kind, count in result["differences"].items())
    said.append(f"differences: {differences}" if differences else "no difference")
    if result["repaired"]:
        said.append(f"{result['repaired']} repaired")
    _say(f"{name}: {'; '.join(said)}")
    for example in result["examples"]:
        _say(f"  {example}")


def _run_restored(args: argparse.Namespace) -> int:
    with connect(args) as service:
        answer = service.execute(RESTORED)["declareRestored"]
        if "code" in answer:
            _warn(f"whence: {answer['message']}")
            return DIFFERS
        _say(f"incarnation {answer['incarnation']} of the record began; every projection is verified before it is used")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _warn(line: str) -> None:
    sys.stderr.write(f"{line}\n")
