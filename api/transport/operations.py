"""What a request asks GraphQL to do, however it came: a JSON body, a query string, a WebSocket message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from graphql import GraphQLError, OperationDefinitionNode, OperationType, get_operation_ast, parse

from api.transport.refusals import Refusal
from domain.errors import InvalidInput

MAX_TOKENS = 20_000
LARGEST_REMEMBERED = 20_000  # characters of a document about which something is remembered
KEYWORD = re.compile(r"\b(?:query|mutation|subscription)\b")


class Operation(msgspec.Struct, rename="camel", kw_only=True):
    """A GraphQL request; whatever else clients put beside these fields is not looked at."""

    query: str | None = None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None

    @property
    def document(self) -> str:
        """The query. Raises `Refusal` when there is none."""
        if not self.query or not self.query.strip():
            raise Refusal(InvalidInput("the request has no query", path=["query"]))
        return self.query

    def check_name(self) -> None:
        """Raise `Refusal` for a document of several operations when none is named: nobody may guess which."""
        if self.name is None and has_several(self.query or ""):
            raise Refusal(InvalidInput("the document has several operations; name one", path=["operationName"]))

    @property
    def name(self) -> str | None:
        """The operation to run; wandb's client sends an empty name and means none."""
        return self.operation_name or None

    @property
    def kind(self) -> OperationType | None:
        """Query, mutation or subscription; None when the document does not say."""
        return find_kind(self.query or "", self.name)


_decoder = msgspec.json.Decoder(Operation)
_variables: msgspec.json.Decoder[dict[str, Any] | None] = msgspec.json.Decoder(dict[str, Any] | None)


def parse_body(body: bytes) -> Operation:
    """Read the JSON of a POST. Raises `Refusal` with what is wrong and where."""
    if body.lstrip()[:1] == b"[":
        raise Refusal(InvalidInput("the body is a JSON list; batches are not taken, send one operation a request"))
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as exc:
        raise Refusal(InvalidInput(f"the body is no GraphQL request: {exc}")) from exc
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise Refusal(InvalidInput(f"the body is not JSON: {exc}")) from exc
    except RecursionError as exc:
        raise Refusal(InvalidInput("the body is nested too deep")) from exc


def parse_query_string(params: Mapping[str, str]) -> Operation:
    """Read the parameters of a GET. Raises `Refusal`."""
    return Operation(
        query=params.get("query"),
        variables=_parse_parameter("variables", params.get("variables")),
        operation_name=params.get("operationName"),
        extensions=_parse_parameter("extensions", params.get("extensions")),
    )


def _parse_parameter(name: str, text: str | None) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        return _variables.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as exc:
        raise Refusal(InvalidInput(f"the parameter {name!r} is no JSON object: {exc}", path=[name])) from exc


def parse_payload(payload: object) -> Operation:
    """Read the payload of a `subscribe` message. Raises `Refusal`."""
    try:
        return msgspec.convert(payload, Operation)
    except msgspec.ValidationError as exc:
        raise Refusal(InvalidInput(f"the payload is no GraphQL request: {exc}")) from exc


@lru_cache(maxsize=256)
def find_kind(document: str, name: str | None) -> OperationType | None:
    """Return what kind of operation would run, or None where the document is wrong or ambiguous."""
    try:
        operation = get_operation_ast(parse(document, no_location=True, max_tokens=MAX_TOKENS), name)
    except (GraphQLError, RecursionError):
        return None
    return None if operation is None else operation.operation


def has_several(document: str) -> bool:
    """Say whether a document has several operations."""
    return _has_several(document) if len(document) <= LARGEST_REMEMBERED else _has_several.__wrapped__(document)


@lru_cache(maxsize=1000)
def _has_several(document: str) -> bool:
    return len(KEYWORD.findall(document)) > 1 and count_operations(document) > 1


def count_operations(document: str) -> int:
    """Return how many operations a document has; none if it is none, which its execution will tell."""
    try:
        definitions = parse(document, no_location=True, max_tokens=MAX_TOKENS).definitions
    except (GraphQLError, RecursionError):
        return 0
    return sum(isinstance(definition, OperationDefinitionNode) for definition in definitions)
