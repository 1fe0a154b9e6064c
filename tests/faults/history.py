"""Checks a history of writes and reads. It knows nothing of how the service works: only who saw what, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tests.faults.load import Event


def find_violations(events: Iterable[Event]) -> list[str]:
    """Return what no history of one client may have.

    Read your writes: a read that sent the token of a write saw it, and all before it. Monotonic reads: with tokens that
    only grow, no later read saw less than an earlier one. Nothing is doubled: no read saw more than was ever begun.
    """
    by_client: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        by_client[event.client].append(event)
    return [told for client in sorted(by_client) for told in _check_client(client, by_client[client])]


def _check_client(client: int, events: list[Event]) -> list[str]:
    found = []
    seen, written = 0, 0
    for event in sorted(events, key=lambda one: one.began):
        if event.kind == "write":
            written = event.value
            continue
        if event.value < event.token_value:
            found.append(f"client {client}: a read with the token of write {event.token_value} saw {event.value}")
        if event.value < seen:
            found.append(f"client {client}: a read saw {event.value} after one had seen {seen}")
        if event.value > written:
            found.append(f"client {client}: a read saw {event.value}, {written} were written")
        seen = max(seen, event.value)
    return found
