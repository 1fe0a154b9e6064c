"""Checks a history of writes and reads. It knows nothing of how a service works: only who saw what, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum


class Act(Enum):
    """What a session did."""

    WRITE = "write"
    READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that a session did: a write that was acknowledged, or a read and how much it saw.

    A subject is something that only grows, one write after the other, all of them by one session. Times are of one
    clock, in seconds.
    """

    session: str
    subject: str
    act: Act
    began: float
    ended: float
    value: int
    """Of a write: how many writes of the subject there are with it. Of a read: how many it saw."""
    promised: int = 0
    """Of a read: how many there were with the write whose token it sent; 0 without a token."""
    source: str = ""
    """Of a read: who said that it answered."""


def find_violations(events: Iterable[Event]) -> list[str]:
    """Return what no history may have.

    Read your writes: a read that sent a token saw the token's write and all before it, whoever wrote them. Monotonic
    reads: in the session that writes a subject, and sends its newest token with every read, no read saw less than an
    earlier one. Nothing from nowhere: no read saw more than was begun when it ended.
    """
    by_subject: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_subject[event.subject].append(event)
    return [told for subject in sorted(by_subject) for told in _check_subject(by_subject[subject])]


def _check_subject(events: Sequence[Event]) -> list[str]:
    writes = sorted((one for one in events if one.act is Act.WRITE), key=lambda one: one.value)
    owners = {one.session for one in writes}
    found = []
    for read in sorted((one for one in events if one.act is Act.READ), key=lambda one: one.began):
        told = f"{read.session}, {read.subject}: a read"
        if read.value < read.promised:
            found.append(f"{told} with the token of write {read.promised} saw {read.value}")
        # The write that was under way when the history ended was begun too, and never acknowledged.
        begun = sum(one.began < read.ended for one in writes) + (not writes or writes[-1].ended < read.ended)
        if read.value > begun:
            found.append(f"{told} saw {read.value}, {begun} were begun")
        if read.session in owners:
            before = _last_seen(events, read)
            if read.value < before:
                found.append(f"{told} saw {read.value} after {before} had been seen or written")
    return found


def _last_seen(events: Sequence[Event], read: Event) -> int:
    """Return the most that the session had seen, or written, when the read began."""
    earlier = [one.value for one in events if one.session == read.session and one.ended <= read.began]
    return max(earlier, default=0)
