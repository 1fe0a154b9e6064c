"""Random documents of a schema: any fields of any type, under aliases, in fragments, behind directives."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)

DIRECTIVES = ("@include(if: $yes)", "@skip(if: $yes)", "@skip(if: $no)", "@include(if: true)")


class Selections:
    """Writes documents; the same seed writes the same one."""

    def __init__(
        self,
        schema: GraphQLSchema,
        random: Random,
        *,
        arguments: Mapping[str, str],
        depth: int,
        width: int = 5,
        directives: float = 0.003,
    ) -> None:
        """`arguments` are those of fields by their name; a field that needs others is never selected."""
        self._schema = schema
        self._random = random
        self._arguments = arguments
        self._depth = depth
        self._width = width
        self._directives = directives
        self._fragments: list[str] = []
        self._aliases = 0

    def document(self, root: str) -> str:
        """Return a query that selects one root field."""
        query = self._schema.query_type
        assert query is not None
        field = self._field(root, query.fields[root], self._depth)
        body = "\n".join([f"{{ {field} }}", *self._fragments])
        declared = ", ".join(f"${name}: Boolean!" for name in ("yes", "no") if f"${name}" in body)
        return f"query {f'({declared}) ' if declared else ''}{body}"

    def _field(self, name: str, field: GraphQLField, depth: int) -> str:
        named = get_named_type(field.type)
        self._aliases += 1
        alias = f"a{self._aliases}: " if self._random.random() < 0.2 else ""
        below = "" if is_leaf_type(named) else f" {{ {self._selection(named, depth - 1)} }}"
        return f"{alias}{name}{self._arguments.get(name, '') if field.args else ''}{self._directive()}{below}"

    def _selection(self, type_: GraphQLNamedType, depth: int) -> str:
        fields = {
            name: field
            for name, field in getattr(type_, "fields", {}).items()
            if (depth > 0 or is_leaf_type(get_named_type(field.type)))
            and (
                name in self._arguments
                or not any(
                    arg.type.__class__.__name__ == "GraphQLNonNull" and arg.default_value is None
                    for arg in field.args.values()
                )
            )
        }
        chosen = self._random.sample(sorted(fields), min(len(fields), 1 + self._random.randrange(self._width)))
        parts = [self._field(name, fields[name], depth) for name in chosen]
        if not parts or self._random.random() < 0.2:
            parts.append("__typename")
        if is_abstract_type(type_) and depth >= 0:
            possible = sorted(self._schema.get_possible_types(type_), key=lambda one: one.name)
            parts += [self._inline(one, depth) for one in self._random.sample(possible, min(2, len(possible)))]
        elif self._random.random() < 0.15:
            parts.append(self._random.choice((self._inline, self._spread))(type_, depth))
        return " ".join(parts)

    def _inline(self, type_: GraphQLNamedType, depth: int) -> str:
        return f"... on {type_.name} {self._directive()} {{ {self._selection(type_, depth - 1)} }}"

    def _spread(self, type_: GraphQLNamedType, depth: int) -> str:
        name = f"F{len(self._fragments)}"
        self._fragments.append("")
        self._fragments[int(name[1:])] = f"fragment {name} on {type_.name} {{ {self._selection(type_, depth - 1)} }}"
        return f"...{name}"

    def _directive(self) -> str:
        return f" {self._random.choice(DIRECTIVES)}" if self._random.random() < self._directives else ""
