"""Writing answers: media types as GraphQL over HTTP has them, JSON by a fast codec, compression for large ones."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence
from typing import Any

import msgspec
import zstandard
from starlette.responses import Response
from strawberry.types import ExecutionResult

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
HTML = "text/html"
THREAD_FROM = 256 << 10  # larger answers are compressed beside the event loop

_encoder = msgspec.json.Encoder()


def choose_media_type(accept: str | None) -> str | None:
    """Return the media type that an `Accept` header asks for, or None when we have nothing it takes.

    Without a word, or where both would do, it is `application/json`: clients that know the newer type name it.
    """
    if not accept:
        return JSON
    weights = _parse_weights(accept)
    anything = max(weights.get("*/*", 0.0), weights.get("application/*", 0.0))
    graphql, json = weights.get(GRAPHQL, 0.0), weights.get(JSON, anything)
    if graphql and graphql >= weights.get(JSON, 0.0):
        return GRAPHQL
    return JSON if json else None


def wants_page(accept: str | None) -> bool:
    """Say whether a browser asks for a page rather than for data."""
    weights = _parse_weights(accept or "")
    return weights.get(HTML, 0.0) > max(weights.get(JSON, 0.0), weights.get(GRAPHQL, 0.0))


def _parse_weights(accept: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weights[name] = _parse_weight(parameters)
    return weights


def _parse_weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def encode(payload: Any) -> bytes:
    """Return JSON. Whole numbers of any size come out exactly; NaN has been made text by its scalar."""
    return _encoder.encode(payload)


def shape(result: ExecutionResult) -> dict[str, Any]:
    """Return a result as GraphQL's answer; a request that never ran has no `data`."""
    payload: dict[str, Any] = {}
    if not never_ran(result):
        payload["data"] = result.data
    if result.errors:
        payload["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        payload["extensions"] = result.extensions
    return payload


def never_ran(result: ExecutionResult) -> bool:
    """Say whether the document or its variables were wrong: errors of execution have a path, these have none."""
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors or ())


async def compress(response: Response, accepted: str, *, from_bytes: int) -> Response:
    """Compress a large answer by what the client takes; zstd before gzip."""
    body = bytes(response.body)
    response.headers["Vary"] = "Accept, Accept-Encoding"
    coding = choose_coding(accepted) if len(body) >= from_bytes else None
    if coding is None:
        return response
    squeeze = _squeeze_zstd if coding == "zstd" else _squeeze_gzip
    response.body = squeeze(body) if len(body) < THREAD_FROM else await asyncio.to_thread(squeeze, body)
    response.headers["Content-Encoding"] = coding
    response.headers["Content-Length"] = str(len(response.body))
    return response


def choose_coding(accepted: str, *, among: Sequence[str] = ("zstd", "gzip")) -> str | None:
    """Return the first coding that an `Accept-Encoding` header takes."""
    weights = _parse_weights(accepted)
    return next((coding for coding in among if weights.get(coding, 0.0) > 0), None)


def _squeeze_zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(body)


def _squeeze_gzip(body: bytes) -> bytes:
    return zlib.compress(body, level=1, wbits=31)
