"""The design's documents, and which of them the service does not answer yet."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from graphql import (
    DocumentNode,
    FieldNode,
    OperationDefinitionNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

QUERIES = Path(__file__).parent / "queries.graphql"

NOT_YET_SERVED: dict[str, str] = {}
"""Operations of the design by what they wait for."""

FIELDS_NOT_YET_SERVED: dict[str, tuple[str, ...]] = {}
"""Fields of served operations that nothing records yet."""


@cache
def read_document() -> DocumentNode:
    """Return all the design's operations."""
    return parse(QUERIES.read_text(encoding="utf-8"))


def list_operations() -> list[str]:
    """Return the names of all operations, in their order."""
    return [d.name.value for d in read_document().definitions if isinstance(d, OperationDefinitionNode) and d.name]


def read_operation(name: str) -> str:
    """Return one operation as it is written, without what is not yet served."""
    for definition in read_document().definitions:
        if isinstance(definition, OperationDefinitionNode) and definition.name and definition.name.value == name:
            return print_ast(visit(definition, _Cut(FIELDS_NOT_YET_SERVED.get(name, ()))))
    raise LookupError(name)


class _Cut(Visitor):
    """Takes fields out of an operation, where they stand right below its root field."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self._names = names

    def enter_field(self, node: FieldNode, _key: object, _parent: object, path: list[object], *_: object) -> object:
        below_root = path.count("selections") == 2
        return self.REMOVE if below_root and node.name.value in self._names else None
