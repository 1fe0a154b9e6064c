"""A document as the engine holds it: our tokens, and every dimension as an entry under its key."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from domain.filters import Field, Statistic
from domain.parameters import Parameter, ParameterType
from domain.search.documents import (
    STANDING,
    DatasetUse,
    Dimensions,
    DocumentKind,
    DocumentText,
    SearchDocument,
    TextField,
)
from domain.search.shortening import shorten
from domain.text.fields import Tokens, make_tokens
from domain.text.pieces import make_value_tokens
from domain.times import to_millis
from search.elastic.mapping import DATASET_LIMIT, METRIC_LIMIT
from search.elastic.metrics import mark_number
from search.elastic.values import LARGEST, encode_value

Body = dict[str, Any]

NAME_LENGTH = 128
"""Characters of a name or a tag that are suggested."""

_CUT = frozenset({TextField.TAG, TextField.PARAM, TextField.TAG_KEY, TextField.PARAM_KEY})
"""Texts of which only the first piece is looked at, as everywhere (domain/text/pieces.py)."""

FIELD_NAMES = {
    Field.STARTED_AT: "startedAt",
    Field.ENDED_AT: "endedAt",
    Field.STATUS: "status",
    Field.NAME: "name",
    Field.DESCRIPTION: "description",
    Field.HOST: "host",
    Field.OWNER: "owner",
    Field.NUMBER: "number",
    Field.RUN: "run",
    Field.PARENT: "parent",
    Field.ATTEMPT: "attempt",
}
"""Fields of what a document is about; those that it answers itself are apart."""


def make_bodies(documents: Iterable[SearchDocument]) -> Iterator[Body]:
    """Give what is written of each document. Dimensions are most of the work, and are written once for all that stands
    on one thing.
    """
    written: dict[int, tuple[Dimensions, Body]] = {}
    for document in documents:
        dimensions = document.dimensions
        if not document.deleted and id(dimensions) not in written:
            written[id(dimensions)] = dimensions, _write_dimensions(dimensions)
        yield _make_body(document, written)


def _make_body(document: SearchDocument, written: Mapping[int, tuple[Dimensions, Body]]) -> Body:
    """Return what is written of a document; of a deleted one only that it was there."""
    body: Body = {
        "id": document.id.hex,
        "workspace": document.workspace.hex,
        "kind": str(document.kind),
        "deleted": document.deleted,
    }
    if document.deleted:
        return body
    body["ids"] = sorted({document.id.hex, document.dimensions.id.hex})
    body["createdAt"] = to_millis(document.created_at)
    if document.created_by is not None:
        body["createdBy"] = shorten(document.created_by)
    if (kind := read_own_kind(document)) is not None:
        body["ownKind"] = kind
    body["texts"] = {"all": [_write_text(text) for text in document.texts]}
    return body | write_tokens(list(map(make_text_tokens, document.texts))) | written[id(document.dimensions)][1]


def read_texts(body: Mapping[str, Any]) -> tuple[DocumentText, ...]:
    """Return the texts of a document as they were given."""
    return tuple(
        DocumentText(TextField(one["field"]), one["text"], one.get("key"))
        for one in body.get("texts", {}).get("all", ())
    )


def read_own_kind(document: SearchDocument) -> str | None:
    """Return what kind a document answers itself: of a run what it does."""
    if document.kind is not DocumentKind.RUN:
        return str(document.kind)
    kind = document.dimensions.fields.get(Field.KIND)
    return None if kind is None else str(kind)


def make_text_tokens(text: DocumentText) -> Tokens:
    """Return the tokens of a text; of a key or a value those that every engine holds."""
    return make_value_tokens(text.text) if text.field in _CUT else make_tokens(text.text)


def write_tokens(texts: Sequence[Tokens]) -> Body:
    """Return the two fields of tokens; each text of several is an entry of its own, so that no row spans two."""
    bag = sorted({token for text in texts for token in text.any})
    rows = [" ".join(text.parts) for text in texts if text.parts]
    return {name: value for name, value in (("any", " ".join(bag)), ("parts", rows)) if value}


def _write_text(text: DocumentText) -> Body:
    written = {"field": str(text.field), "text": text.text}
    return written if text.key is None else written | {"key": text.key}


def _write_dimensions(dimensions: Dimensions) -> Body:
    body: Body = {name: _write_field(value) for field, name in FIELD_NAMES.items()
                  if (value := dimensions.fields.get(field)) is not None}  # fmt: skip
    if dimensions.experiment is not None:
        body["experiment"] = dimensions.experiment.hex
    if dimensions.experiment_name is not None:
        body["experimentName"] = dimensions.experiment_name
    body["w"] = _write_words(dimensions)
    body["p"] = [_write_parameter(key, parameter) for key, parameter in dimensions.params.items()]
    body["g"] = [_write_tag(key, value) for key, value in dimensions.tags.items()]
    body["m"] = [_write_series(key, numbers) for key, numbers in islice(dimensions.metrics.items(), METRIC_LIMIT)]
    body["metricsCut"] = len(dimensions.metrics) > METRIC_LIMIT
    body["unfinished"] = dimensions.is_unfinished
    body["d"] = [_write_dataset(use) for use in dimensions.datasets[:DATASET_LIMIT]]
    body["dataset"] = sorted({shorten(use.name) for use in dimensions.datasets})
    body["commit"] = list(dimensions.commits)
    body["environment"] = list(dimensions.environments)
    return {name: value for name, value in body.items() if value not in ([], {}, False)}


def _write_field(value: Any) -> Any:
    match value:
        case datetime():
            return to_millis(value)
        case int():
            return value
        case UUID():
            return value.hex
        case _:
            return shorten(str(value))


def _write_words(dimensions: Dimensions) -> Body:
    named = {
        "name": dimensions.fields.get(Field.NAME),
        "description": dimensions.fields.get(Field.DESCRIPTION),
        "experiment": dimensions.experiment_name,
    }
    tokens = {name: write_tokens([make_tokens(str(text))]) for name, text in named.items() if text is not None}
    return {name: written for name, written in tokens.items() if written}


def _write_parameter(key: str, parameter: Parameter) -> Body:
    """JSON has a key alone; an infinity has a text of its own, and the place of the largest double in orders."""
    if parameter.type is ParameterType.JSON:
        return {"k": key}
    value = parameter.value
    text = encode_value(value)
    body: Body = {"k": key, "s": text, "o": text}
    if parameter.type is ParameterType.STRING:
        return body | write_tokens([make_value_tokens(parameter.raw)])
    if parameter.type is ParameterType.BOOL:
        return body
    if math.isinf(value):
        return body | {"o": encode_value(math.copysign(LARGEST, value))}
    return body | {"n": float(value) + 0.0}


def _write_tag(key: str, value: str) -> Body:
    return {"k": key, "s": shorten(value)} | write_tokens([make_value_tokens(value)])


def _write_series(key: str, numbers: Mapping[Statistic, float]) -> Body:
    body: Body = {"k": key}
    marks: list[str] = []
    for of, value in numbers.items():
        name = of.lower()
        if of is Statistic.COUNT:
            body[name] = int(value)
            continue
        number, mark = mark_number(name, float(value))
        marks += [] if mark is None else [mark]
        if number is not None:
            body[name] = number
    return body | ({"x": marks} if marks else {})


def _write_dataset(use: DatasetUse) -> Body:
    body: Body = {"name": shorten(use.name)}
    if use.version is not None:
        body["version"] = use.version
    return body if use.role is None else body | {"role": use.role.name}


def list_names(document: SearchDocument) -> Iterable[tuple[str, str]]:
    """Give the kind and the text of every name that a document brings, several times perhaps."""
    dimensions = document.dimensions
    if document.deleted:
        return
    for text in document.texts:
        if text.field is TextField.NAME:
            yield "NAME", text.text[:NAME_LENGTH]
        for token in make_tokens(text.text).parts:
            yield "WORD", token
    if document.kind in STANDING:
        return
    yield from (("PARAM_KEY", key) for key in dimensions.params)
    yield from (("METRIC_KEY", key) for key in dimensions.metrics)
    for key, value in dimensions.tags.items():
        yield "TAG_KEY", key
        yield "TAG_VALUE", value[:NAME_LENGTH]
