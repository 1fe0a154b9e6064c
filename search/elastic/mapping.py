"""What a document is: strict, and of a fixed size however many keys runs use. Keys are values of nested entries."""

from __future__ import annotations

from typing import Any

KEYWORD: dict[str, Any] = {"type": "keyword"}
ORDERED: dict[str, Any] = {"type": "keyword", "index": False}
"""Only for orders."""
DATE: dict[str, Any] = {"type": "date", "format": "epoch_millis"}
LONG: dict[str, Any] = {"type": "long"}
SHORT: dict[str, Any] = {"type": "short"}
UNSEARCHED: dict[str, Any] = {"type": "long", "index": False}
"""Only read and summed: what verifying looks at."""
DOUBLE: dict[str, Any] = {"type": "double"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}

GAP = 8
"""Free positions between the texts of one document, so that no phrase reaches from one into the next."""

NESTED_LIMIT = 10_000
"""Nested objects that the engine takes of one document; what we keep of params, tags, metrics and data stays below."""

METRIC_LIMIT = 2_000
DATASET_LIMIT = 1_000

TOKENS: dict[str, Any] = {
    "any": {"type": "text", "analyzer": "whitespace", "index_options": "docs"},
    "parts": {"type": "text", "analyzer": "whitespace", "position_increment_gap": GAP},
}
"""The two fields of our own tokens. The analyser only cuts at blanks; no token holds one."""

NUMBERS = ("first", "last", "min", "max", "best")
WORDED = ("name", "description", "experiment")
"""Fields of which `matches` asks the words."""

KEYWORDS = (
    "id",
    "ids",
    "workspace",
    "kind",
    "createdBy",
    "experiment",
    "experimentName",
    "status",
    "ownKind",
    "name",
    "description",
    "host",
    "owner",
    "run",
    "parent",
    "attempt",
    "dataset",
    "commit",
    "environment",
)

PROPERTIES: dict[str, Any] = {
    **dict.fromkeys(KEYWORDS, KEYWORD),
    **dict.fromkeys(("createdAt", "startedAt", "endedAt"), DATE),
    "number": LONG,
    **dict.fromkeys(("deleted", "gone", "unfinished", "metricsCut"), BOOLEAN),
    "node": SHORT,
    "bucket": SHORT,
    "content": UNSEARCHED,
    "check": UNSEARCHED,
    "g": {"type": "nested", "properties": {"k": KEYWORD, "s": KEYWORD, **TOKENS}},
    "p": {"type": "nested", "properties": {"k": KEYWORD, "s": KEYWORD, "o": ORDERED, "n": DOUBLE, **TOKENS}},
    "m": {
        "type": "nested",
        "properties": {"k": KEYWORD, **dict.fromkeys(NUMBERS, DOUBLE), "count": LONG, "x": KEYWORD},
    },
    "d": {"type": "nested", "properties": dict.fromkeys(("name", "version", "role"), KEYWORD)},
    "w": {"properties": {name: {"properties": TOKENS} for name in WORDED}},
    "texts": {"type": "object", "enabled": False},
    **TOKENS,
}

MAPPING: dict[str, Any] = {"dynamic": "strict", "properties": PROPERTIES}

SETTINGS: dict[str, Any] = {
    "number_of_shards": 1,
    "number_of_replicas": 0,
    "refresh_interval": "500ms",
    "mapping.nested_objects.limit": NESTED_LIMIT,
}

NEWEST_FIRST: dict[str, Any] = {"sort.field": ["createdAt", "id"], "sort.order": ["desc", "asc"]}
"""How notes lie on disk: by date on a common word takes a tenth of the time then."""

WORDS: dict[str, Any] = {"type": "text", "analyzer": "whitespace", "index_options": "docs"}
"""Tokens made here, of which only the presence counts."""

NAMES_MAPPING: dict[str, Any] = {
    "dynamic": "strict",
    "properties": {
        "workspace": KEYWORD,
        "kind": KEYWORD,
        "text": KEYWORD,
        "words": WORDS,
        "edges": WORDS,
        "trigrams": WORDS,
    },
}
"""What can be suggested: our words, their beginnings and their trigrams."""
