"""The subcommand `whence sync`: send what processes left in their spools."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from whence.connecting import add_connection_options
from whence.failures import Unreachable, WhenceError
from whence.files.staging import list_staged, list_staging_folders, set_aside, take_staged
from whence.files.uploading import may_pass, upload
from whence.importing.progress import ProgressDisplay
from whence.printing import print_json
from whence.service import Service
from whence.settings import read_settings
from whence.spool.draining import drain
from whence.spool.folders import list_files, list_rejected
from whence.spool.records import Header, unpack_header
from whence.spool.taking import take


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence sync`."""
    parser = subparsers.add_parser(
        "sync",
        help="send what trainings left in their spools while the service was away",
        description="Send what processes that are gone left in the spool, each write exactly once, to the services and "
        "workspaces they were meant for. What a living process writes is its own business. Ends with 0 when nothing is "
        "left, 1 when something was refused for good (see the files named), 3 when a service did not take its part.",
    )
    add_connection_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--spool", type=Path, default=None, help="folder of the spools (WHENCE_SPOOL)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Send everything and return the exit code."""
    root = args.spool or read_settings().spool_folder
    files = list_files(root) if root.is_dir() else []
    before = set(list_rejected(root))
    waiting: dict[str, str] = {}
    with ProgressDisplay("sending spools", len(files), unit="spools", quiet=args.json) as progress:
        sent = _send_spools(files, waiting, token=args.token, progress=progress)
    with ProgressDisplay("uploading files", _measure_staged(root), quiet=args.json) as progress:
        uploaded, found = _send_files(root, waiting, token=args.token, progress=progress)
    refused = sorted(set(list_rejected(root)) | before)
    told = {"folder": str(root), "spools": len(files), "sent": sent, "files": found, "uploaded": uploaded}
    told |= {"waiting": list(waiting.values()), "refused": [str(path) for path in refused]}
    if args.json:
        print_json(told)
    else:
        _tell(told)
    return 3 if waiting else 1 if refused else 0


def _tell(told: dict[str, Any]) -> None:
    print(f"sent         {told['sent']} of {told['spools']} spool files in {told['folder']}")
    if told["files"]:
        print(f"uploaded     {told['uploaded']} of {told['files']} files")
    for reason in told["waiting"]:
        print(f"waiting      {reason}")
    for path in told["refused"]:
        print(f"refused      {path}")


def _send_spools(files: list[Path], waiting: dict[str, str], *, token: str | None, progress: ProgressDisplay) -> int:
    """Send spools, and return how many were sent whole; `waiting` says which services did not take theirs, and why."""
    sent = 0
    for path in files:
        progress.advance(1)
        header = _read_header(path)
        if header is None:
            with take(path):
                continue  # it holds nothing: taking it removes it
        if header.url in waiting:
            continue
        with Service(header.url, workspace=header.workspace, token=token, connections=1) as service:
            try:
                done = drain(service, path, warn=lambda text: print(f"whence: {text}", file=sys.stderr))
            except Unreachable as exc:
                done, waiting[header.url] = False, str(exc)
        if done and not path.exists():
            sent += 1
        elif not done:
            waiting.setdefault(header.url, f"{header.url} does not take it")
    return sent


def _measure_staged(root: Path) -> int:
    """Return how many bytes wait to be uploaded."""
    folders = list_staging_folders(root) if root.is_dir() else []
    total = 0
    for path in (path for folder in folders for path in list_staged(folder)):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # a living process has sent it
            continue
    return total


def _send_files(
    root: Path, waiting: dict[str, str], *, token: str | None, progress: ProgressDisplay
) -> tuple[int, int]:
    """Upload the files that processes left, and return how many were, and how many there were."""
    sent = found = 0
    for folder in list_staging_folders(root) if root.is_dir() else []:
        with take_staged(folder) as destination:
            if destination is None:
                continue
            files = list_staged(folder)
            if destination.url not in waiting:
                with Service(destination.url, workspace=destination.workspace, token=token, connections=1) as service:
                    sent += _send_staged(service, files, waiting, progress)
            found += len(files)
    return sent, found


def _send_staged(service: Service, files: list[Path], waiting: dict[str, str], progress: ProgressDisplay) -> int:
    """Upload files until the service does not take one, and return how many it took."""
    count = 0
    for path in files:
        try:
            upload(service, f"sha256:{path.name}", path, progress=progress.advance)
        except WhenceError as exc:
            if may_pass(exc):
                waiting[service.url] = str(exc)
                break
            print(f"whence: a file was refused: {exc}; kept in {set_aside(path)}", file=sys.stderr)
            continue
        path.unlink(missing_ok=True)
        count += 1
    return count


def _read_header(path: Path) -> Header | None:
    try:
        return unpack_header(path.read_bytes())
    except FileNotFoundError:
        return None
