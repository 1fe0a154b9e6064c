"""The subcommand `whence status`: is the service there, is it ready, what does it hold."""

from __future__ import annotations

import argparse
from typing import Any

import httpx
import msgspec

from whence import __version__
from whence.connecting import add_connection_options, connect
from whence.printing import print_json
from whence.service import Service

_COUNTS = """query Status {
  workspace { name }
  experiments(first: 1) { totalCount { value exact } }
  runs(first: 1) { totalCount { value exact } }
  projections { name generation trusted lagRows lagSeconds deadLetters waitsFor }
}"""


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence status`."""
    parser = subparsers.add_parser(
        "status",
        help="say whether the service is there and what it holds",
        description="Say whether the service is there, whether it is ready, and what the workspace holds. "
        "Ends with 0 when it is ready, 1 when it is not or refuses, 3 when nothing answers.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_connection_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the state of the service and return the exit code."""
    with connect(args, patience=0) as service:
        health = _read(service.fetch("/healthz"))
        ready = service.fetch("/readyz")
        if args.json:
            return _print_all(service, health, ready)
        print(f"service      {service.url}")
        print(f"version      {health.get('version', 'unknown')} (this client: {__version__})")
        if not ready.is_success:
            print(f"ready        no{_reason(_read(ready))}")
            return 1
        print("ready        yes")
        _print_counts(service)
    return 0


def _print_all(service: Service, health: dict[str, Any], ready: httpx.Response) -> int:
    said: dict[str, Any] = {"url": service.url, "version": health.get("version"), "client": __version__}
    said["ready"] = ready.is_success
    if ready.is_success:
        said |= service.execute(_COUNTS)
    else:
        said["reason"] = _reason(_read(ready)).removeprefix(": ")
    print_json(said)
    return 0 if ready.is_success else 1


def _print_counts(service: Service) -> None:
    data = service.execute(_COUNTS)
    print(f"workspace    {data['workspace']['name']}")
    for name in ("experiments", "runs"):
        total = data[name]["totalCount"]
        print(f"{name:<11}  {'' if total['exact'] else 'at least '}{total['value']}")
    for projection in data["projections"]:
        print(f"{projection['name']:<11}  {_describe(projection)}")


def _describe(projection: dict[str, Any]) -> str:
    """Return how a projection stands, the worst first."""
    if projection["generation"] is None:
        state = "is being built; the record answers"
    elif not projection["trusted"]:
        state = "is being verified after a restore; the record answers"
    elif projection["lagRows"]:
        state = f"{projection['lagRows']} changes behind, for {projection['lagSeconds']:.1f} s"
    else:
        state = "up to date"
    waits = f"; waits: {projection['waitsFor']}" if projection["waitsFor"] else ""
    dead = f"; {projection['deadLetters']} refused, tried again" if projection["deadLetters"] else ""
    return f"{state}{waits}{dead}"


def _read(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _reason(answer: dict[str, Any]) -> str:
    said = answer.get("reason") or answer.get("message") or answer.get("error")
    return f": {said}" if said else ""
