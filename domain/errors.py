"""Every failure that a caller may have to branch on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class DomainError(Exception):
    """A failure with a code of its own; everything else that escapes is a bug."""

    code: ClassVar[str]
    retriable: ClassVar[bool] = False

    def __init__(self, message: str, *, path: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = tuple(path)

    def below(self, *path: str) -> DomainError:
        """Return the same failure seen from further out: `path` stands before the path it has."""
        return type(self)(self.message, path=(*path, *self.path))


class NotFound(DomainError):
    """Nothing in this workspace has that id, name or reference."""

    code = "NOT_FOUND"


class Gone(DomainError):
    """It was purged; its id stays refused for ever."""

    code = "GONE"


class InvalidInput(DomainError):
    """A value that cannot be taken; the message names the value, the path the field."""

    code = "INVALID_INPUT"


class InvalidQuery(InvalidInput):
    """The text of a query cannot be read: where it is wrong, counted from 1 in characters, and what was expected."""

    def __init__(
        self, message: str, *, path: Sequence[str] = (), line: int = 1, column: int = 1, expected: Sequence[str] = ()
    ) -> None:
        super().__init__(message, path=path)
        self.line = line
        self.column = column
        self.expected = list(expected)

    def below(self, *path: str) -> InvalidQuery:
        return type(self)(
            self.message, path=(*path, *self.path), line=self.line, column=self.column, expected=self.expected
        )


class CursorExpired(DomainError):
    """The page before is too long ago, or another engine answers now: begin again from the first page."""

    code = "CURSOR_EXPIRED"


class Conflict(DomainError):
    """It contradicts what is recorded: a taken name, another version, another body under the same key."""

    code = "CONFLICT"


class Denied(DomainError):
    """The principal may not do this."""

    code = "DENIED"


class TooLarge(DomainError):
    """A stated limit is exceeded."""

    code = "TOO_LARGE"


class NotYetProjected(DomainError):
    """A projection has not yet seen the write that the caller waits for."""

    code = "NOT_YET_PROJECTED"
    retriable = True


class WriteLost(DomainError):
    """The record was restored from before this write."""

    code = "WRITE_LOST"


class Unavailable(DomainError):
    """A part of the service is away or full; the same request may succeed later."""

    code = "UNAVAILABLE"
    retriable = True
