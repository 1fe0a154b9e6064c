"""Expected failures as types: what a mutation answers with instead of its payload."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Union

import strawberry
from strawberry.types import Info

from domain import errors


@strawberry.enum(description="What went wrong, for programs to branch on.")
class ProblemCode(Enum):
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="Nothing in this workspace has that id or name.")
    GONE = strawberry.enum_value("GONE", description="It was purged; its id stays refused for ever.")
    INVALID_INPUT = strawberry.enum_value(
        "INVALID_INPUT", description="A value that cannot be taken; the message names it, the path its field."
    )
    CONFLICT = strawberry.enum_value(
        "CONFLICT",
        description="It contradicts what is recorded: a taken name, another version, another body under the same key.",
    )
    DENIED = strawberry.enum_value("DENIED", description="The caller may not do this.")
    TOO_LARGE = strawberry.enum_value("TOO_LARGE", description="A stated limit is exceeded.")
    NOT_YET_PROJECTED = strawberry.enum_value(
        "NOT_YET_PROJECTED", description="A projection has not yet seen the write that the caller waits for."
    )
    WRITE_LOST = strawberry.enum_value(
        "WRITE_LOST", description="The record was restored from before this write: read again, write again."
    )
    UNAVAILABLE = strawberry.enum_value(
        "UNAVAILABLE", description="A part of the service is away or full; the same request may succeed later."
    )


@strawberry.interface(description="An expected failure. `... on Problem` in a mutation's selection catches every one.")
class Problem:
    code: ProblemCode = strawberry.field(description="What went wrong, for programs to branch on.")
    message: str = strawberry.field(description="What went wrong, for people: names the value and the limit.")
    path: list[str] = strawberry.field(
        description='Where in the arguments: names of fields and indices of lists, such as ["input", "series", "0"].'
    )
    retriable: bool = strawberry.field(description="Whether the same request may succeed later.")


@strawberry.type(description="Nothing in this workspace has that id, name or reference.")
class NotFound(Problem):
    pass


@strawberry.type(description="It was purged; its id stays refused for ever.")
class Gone(Problem):
    pass


@strawberry.type(description="A value that cannot be taken.")
class InvalidInput(Problem):
    pass


@strawberry.type(description="It contradicts what is recorded.")
class Conflict(Problem):
    pass


@strawberry.type(description="The caller may not do this.")
class Denied(Problem):
    pass


@strawberry.type(description="A stated limit is exceeded.")
class TooLarge(Problem):
    pass


@strawberry.type(description="A projection has not yet seen the write that the caller waits for.")
class NotYetProjected(Problem):
    pass


@strawberry.type(description="The record was restored from before this write.")
class WriteLost(Problem):
    pass


@strawberry.type(description="A part of the service is away or full; the same request may succeed later.")
class Unavailable(Problem):
    pass


BY_ERROR: dict[type[errors.DomainError], type[Problem]] = {
    errors.NotFound: NotFound,
    errors.Gone: Gone,
    errors.InvalidInput: InvalidInput,
    errors.Conflict: Conflict,
    errors.Denied: Denied,
    errors.TooLarge: TooLarge,
    errors.NotYetProjected: NotYetProjected,
    errors.WriteLost: WriteLost,
    errors.Unavailable: Unavailable,
}

PROBLEMS: Any = Union[*BY_ERROR.values()]  # made from the table, so that none is forgotten


def result_of(payload: type, *own: type) -> Any:
    """Return the union of a mutation: its payload, and every problem. `CreateRunPayload` gives `CreateRunResult`.

    `own`: problems that only this mutation has.
    """
    name = payload.__name__.removesuffix("Payload") + "Result"
    description = f"What the mutation answers: {payload.__name__}, or the problem that kept it from happening."
    return Annotated[Union[payload, *own, PROBLEMS], strawberry.union(name, description=description)]


def describe_problem(error: errors.DomainError, *, below: tuple[str, ...] = ()) -> Problem:
    """Return an expected failure as its type, its path seen from the arguments."""
    problem = next(BY_ERROR[kind] for kind in type(error).__mro__ if kind in BY_ERROR)
    return problem(
        code=ProblemCode[error.code],
        message=error.message,
        path=[*below, *error.path],
        retriable=error.retriable,
    )


class ProblemHandler(strawberry.ExceptionHandler[errors.DomainError]):
    """Turns the domain's errors into problems wherever a field's type has them, which is every mutation."""

    error_type = NotFound

    @staticmethod
    def describe(exception: Exception) -> Problem | None:
        """Return the problem of an expected failure; None for one that nobody expected."""
        return describe_problem(exception, below=("input",)) if isinstance(exception, errors.DomainError) else None

    def handle(self, exception: errors.DomainError, *, field: Any, info: Info) -> Problem:
        """Return the problem; what stores call `run` stands in the argument `input`."""
        return describe_problem(exception, below=("input",))
