"""What a document is: strict, and of a fixed size however many keys runs use. Keys are values of nested entries."""

from __future__ import annotations

from typing import Any

KEYWORD: dict[str, Any] = {"type": "keyword"}
DATE: dict[str, Any] = {"type": "date", "format": "epoch_millis"}
LONG: dict[str, Any] = {"type": "long"}
DOUBLE: dict[str, Any] = {"type": "double"}
KEPT: dict[str, Any] = {"type": "text", "index": False}
"""Kept as it was given, for highlights; never searched."""

GAP = 8
"""Free positions between the fields of one document, so that no phrase reaches from one into the next."""

NESTED_LIMIT = 10_000
"""Nested objects that the engine takes of one document; what we keep of params, tags and metrics stays below."""

TOKENS: dict[str, Any] = {
    "any": {"type": "text", "analyzer": "whitespace", "index_options": "docs", "norms": True},
    "parts": {"type": "text", "analyzer": "whitespace", "position_increment_gap": GAP},
}
"""The two fields of our own tokens. The analyser only cuts at blanks; no token holds one."""

NUMBERS = ("first", "last", "min", "max", "best")

PROPERTIES: dict[str, Any] = {
    **dict.fromkeys(
        (
            "id",
            "workspace",
            "kind",
            "subject",
            "members",
            "run",
            "experiment",
            "experimentName",
            "parent",
            "attempt",
            "status",
            "runKind",
            "createdBy",
            "owner",
            "host",
            "commit",
            "environment",
            "nameKey",
            "descriptionKey",
        ),
        KEYWORD,
    ),
    **dict.fromkeys(("t", "createdAt", "startedAt", "endedAt"), DATE),
    "number": LONG,
    "deleted": {"type": "boolean"},
    "archived": {"type": "boolean"},
    "fence": {"type": "long", "index": False},
    "content": {"type": "long", "index": False},
    "bucket": {"type": "short"},
    "g": {"type": "nested", "properties": {"k": KEYWORD, "s": KEYWORD, "text": KEPT, **TOKENS}},
    "p": {"type": "nested", "properties": {"k": KEYWORD, "s": KEYWORD, "n": DOUBLE, "text": KEPT, **TOKENS}},
    "m": {
        "type": "nested",
        "properties": {"k": KEYWORD, **dict.fromkeys(NUMBERS, DOUBLE), "count": LONG, "x": KEYWORD},
    },
    "d": {"type": "nested", "properties": {"id": KEYWORD, "name": KEYWORD, "version": KEYWORD, "role": KEYWORD}},
    "texts": {"type": "object", "enabled": False},
    **TOKENS,
}

MAPPING: dict[str, Any] = {"dynamic": "strict", "properties": PROPERTIES}

SETTINGS: dict[str, Any] = {
    "number_of_shards": 1,
    "number_of_replicas": 0,
    "refresh_interval": "1s",
    "mapping.nested_objects.limit": NESTED_LIMIT,
}

NEWEST_FIRST: dict[str, Any] = {"sort.field": ["t"], "sort.order": ["desc"]}
"""How notes lie on disk: by date on a common word takes a tenth of the time then."""

WORDS: dict[str, Any] = {"type": "text", "analyzer": "whitespace", "index_options": "docs"}
"""Tokens made here, of which only the presence counts."""

NAMES_MAPPING: dict[str, Any] = {
    "dynamic": "strict",
    "properties": {
        "workspace": KEYWORD,
        "kind": KEYWORD,
        "text": KEYWORD,
        "uses": LONG,
        "words": WORDS,
        "edges": WORDS,
        "trigrams": WORDS,
    },
}
"""What can be suggested: our words, their beginnings and their trigrams."""
