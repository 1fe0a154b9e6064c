"""Files sent to browsers: read and compressed once, and not sent again while they are the same."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from api.transport.answers import choose_coding

MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
COMPRESS_FROM = 1024

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
PAGE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent: bytes, the same bytes compressed, and the mark by which a browser knows that it has them."""

    body: bytes
    squeezed: bytes | None
    media_type: str
    mark: str


def make_content(body: bytes, media_type: str) -> Content:
    """Return the content for some bytes."""
    squeezed = zlib.compress(body, 9, wbits=31) if len(body) >= COMPRESS_FROM else None
    return Content(body, squeezed, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


@cache
def read_content(path: Path) -> Content:
    """Return the content of a file of ours."""
    return make_content(path.read_bytes(), MEDIA_TYPES[path.suffix])


def send_content(request: Request, content: Content) -> Response:
    """Answer with the content, or with 304 when the browser has it."""
    headers = {**PAGE_HEADERS, "ETag": content.mark, "Cache-Control": "no-cache", "Vary": "Accept, Accept-Encoding"}
    if request.headers.get("if-none-match") == content.mark:
        return Response(status_code=304, headers=headers)
    body = content.body
    if content.squeezed is not None and choose_coding(request.headers.get("accept-encoding", ""), among=("gzip",)):
        body, headers["Content-Encoding"] = content.squeezed, "gzip"
    return Response(body, media_type=content.media_type, headers=headers)
