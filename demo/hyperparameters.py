"""Infers the type of a hyper-parameter from its text."""

from __future__ import annotations

import re

_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][+-]?[0-9]+)?")


def infer_type(text: str) -> str:
    """Return INT, FLOAT, BOOL or STRING: the narrowest type whose spelling the text is.

    `64*1024` is a STRING: it is what the script says, and nobody computed it.
    """
    if _INTEGER.fullmatch(text):
        return "INT"
    if _FLOAT.fullmatch(text):
        return "FLOAT"
    if text.lower() in ("true", "false"):
        return "BOOL"
    return "STRING"


def type_parameters(texts: dict[str, str]) -> dict[str, dict[str, str]]:
    """Return the parameters in the long form, which keeps the raw text."""
    return {key: {"type": infer_type(text), "text": text} for key, text in texts.items()}
