"""What can go wrong between a tool and the service, and the exit code that a command ends with."""

from __future__ import annotations

from collections.abc import Sequence


class WhenceError(Exception):
    """A failure that is told in one sentence, without a traceback."""

    exit_code = 1


class Unreachable(WhenceError):
    """Nothing answered at the address, or not in time; the same request may succeed later."""

    exit_code = 3


class Problem(WhenceError):
    """The service answered with a problem: a stable code, the field, and whether trying again makes sense."""

    def __init__(self, *, code: str, message: str, path: Sequence[str] = (), retriable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = tuple(path)
        self.retriable = retriable

    def __str__(self) -> str:
        field = ".".join(self.path)
        return f"{self.message} ({field}: {self.code})" if field else f"{self.message} ({self.code})"


class BadLine(WhenceError):
    """A line of an import cannot be taken; the message names the line and the field."""

    exit_code = 4

    def __init__(self, message: str, *, source: str, line: int, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.line = line
        self.field = field

    def __str__(self) -> str:
        where = f"{self.source}, line {self.line}"
        return f"{where}, {self.field}: {self.message}" if self.field else f"{where}: {self.message}"


class BadInput(WhenceError):
    """The input of a command cannot be read or is not what it should be."""

    exit_code = 4
