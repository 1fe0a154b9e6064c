"""The design's documents, each of which the service answers."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from graphql import DocumentNode, OperationDefinitionNode, parse, print_ast

QUERIES = Path(__file__).parent / "queries.graphql"


@cache
def read_document() -> DocumentNode:
    """Return all the design's operations."""
    return parse(QUERIES.read_text(encoding="utf-8"))


def list_operations() -> list[str]:
    """Return the names of all operations, in their order."""
    return [d.name.value for d in read_document().definitions if isinstance(d, OperationDefinitionNode) and d.name]


def read_operation(name: str) -> str:
    """Return one operation as it is written."""
    for definition in read_document().definitions:
        if isinstance(definition, OperationDefinitionNode) and definition.name and definition.name.value == name:
            return print_ast(definition)
    raise LookupError(name)
