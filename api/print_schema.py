"""Prints the schema as text: `python -m api.print_schema > schema.graphql`."""

from __future__ import annotations

import sys

from api.schema import schema


def render_schema() -> str:
    """Return the schema in the schema definition language, as `schema.graphql` has it."""
    return schema.as_str().strip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(render_schema())
