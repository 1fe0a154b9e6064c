"""Python source under construction: unique names, the objects that they stand for, and the functions made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


class Source:
    """Names and objects of the functions of one plan.

    Nothing that a client wrote becomes code: what comes from a document are names of its answer, which GraphQL's
    grammar keeps to letters, digits and underscores, and they stand in it as string literals.
    """

    def __init__(self) -> None:
        self._names: dict[str, Any] = {}
        self._count = 0

    def variable(self) -> str:
        """Return a name that stands for nothing yet."""
        self._count += 1
        return f"v{self._count}"

    def keep(self, value: object) -> str:
        """Return a name for an object."""
        name = self.variable()
        self._names[name] = value
        return name

    def name(self, name: str, value: object) -> None:
        """Give an object a name of the caller's."""
        self._names[name] = value

    def function(self, parameters: Sequence[str], expression: str) -> Callable[..., Any]:
        """Return the function of an expression."""
        code = compile(f"lambda {', '.join(parameters)}: {expression}", "<compiled answer>", "eval")
        made: Callable[..., Any] = eval(code, self._names)  # noqa: S307  # built of our own words alone: see above
        return made
