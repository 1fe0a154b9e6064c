"""Asks plain texts for words as a person would type them."""

from domain.filters import And, Filter, Not, Or, TextLeaf
from domain.text.fields import Tokens, make_tokens
from domain.text.matching import has_term
from domain.text.parsing import parse_text


def matches(query: str, text: str) -> bool:
    return holds(parse_text(query), [make_tokens(text)])


def holds(tree: Filter, texts: list[Tokens]) -> bool:
    match tree:
        case And():
            return all(holds(item, texts) for item in tree.items)
        case Or():
            return any(holds(item, texts) for item in tree.items)
        case Not():
            return not holds(tree.item, texts)
        case TextLeaf():
            return has_term(tree.term, texts)
        case _:
            raise AssertionError(f"{tree} is about no text")
