"""The text form of a filter: reading it, and writing it.

A text has three layers: `parsing` finds its structure by `grammar.lark`, `subjects` says what a leaf asks about,
`literals` and `moments` what it compares with. A new kind of leaf is a new subject, or a new condition of the grammar.
"""

from search.language.parsing import TEXT_LIMIT, parse_query
from search.language.printing import print_query

__all__ = ["TEXT_LIMIT", "parse_query", "print_query"]
