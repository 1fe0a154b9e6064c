"""Sending a file that a process left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from whence.delivering import Outcome, deliver
from whence.service import Service
from whence.spool.records import Request
from whence.spool.rejecting import set_aside
from whence.spool.taking import take

UNEXPLAINED_TRIES = 5


def drain(service: Service, path: Path, *, warn: Callable[[str], None]) -> bool:
    """Send a left file in its order; say whether nothing of it waits any more. A file with an owner is left alone."""
    with take(path) as left:
        if left is None:
            return True
        if (left.header.url, left.header.workspace) != (service.url, service.workspace):
            return True
        for request in left.requests:
            outcome, reason = _insist(service, request)
            if outcome is Outcome.LATER:
                return False
            if outcome is not Outcome.DONE:
                aside = set_aside(path.parent, request, writer=left.header.writer, reason=reason)
                warn(f"{request.operation} was refused: {reason}; kept in {aside}")
        left.done = True
        return True


def _insist(service: Service, request: Request) -> tuple[Outcome, str]:
    """Send a request again at once where the service failed over it without saying why."""
    outcome, reason = Outcome.LATER, ""
    for _ in range(UNEXPLAINED_TRIES):
        outcome, reason = deliver(service, request)
        if outcome is not Outcome.UNEXPLAINED:
            break
    return outcome, reason
