"""Sending one request to the service, and telling apart what is done, what is refused, and what may pass."""

from __future__ import annotations

from enum import Enum

from whence.failures import Problem, WhenceError
from whence.service import Service, find_problem
from whence.spool.records import Request

_MAY_PASS = frozenset({"DENIED", "UNAVAILABLE", "NOT_YET_PROJECTED"})
_UNEXPLAINED = frozenset({"INTERNAL", "GRAPHQL_ERROR"})


class Outcome(Enum):
    """What became of a request."""

    DONE = "done"
    REFUSED = "refused"
    """For good: sending it again would be refused again."""
    LATER = "later"
    """The service is away, busy, or does not let us in; the request waits."""
    UNEXPLAINED = "unexplained"
    """The service failed over it. It may pass, but not for ever."""


def deliver(service: Service, request: Request) -> tuple[Outcome, str]:
    """Send a request once and return what became of it, with the reason where it was not taken."""
    outcome, reason = Outcome.REFUSED, "it has no body"
    for body in request.bodies:
        try:
            problem = _find_problem(service.post(body))
        except Problem as exc:
            problem = exc
        except WhenceError as exc:  # no answer, or not from Whence: a proxy's page, say
            return Outcome.LATER, str(exc)
        if problem is None:
            return Outcome.DONE, ""
        outcome, reason = _judge(problem), str(problem)
        if problem.code != "CONFLICT":
            break
        if request.may_exist:
            return Outcome.DONE, ""
    return outcome, reason


def _find_problem(data: dict[str, object]) -> Problem | None:
    found = [problem for payload in data.values() if (problem := find_problem(payload)) is not None]
    return found[0] if found else None


def _judge(problem: Problem) -> Outcome:
    if problem.retriable or problem.code in _MAY_PASS:
        return Outcome.LATER
    return Outcome.UNEXPLAINED if problem.code in _UNEXPLAINED else Outcome.REFUSED
