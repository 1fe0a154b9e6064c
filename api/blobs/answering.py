"""How bytes that strangers wrote are sent: nothing of them may act in the name of this service."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse

SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "text/plain", "application/json"})
"""Media types that a browser may show in place; all else it saves."""
UNKNOWN = "application/octet-stream"
_SAFE = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",
}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}", re.ASCII)

Read = Callable[[int, int], AsyncIterator[bytes]]
"""Gives the bytes from a place to before another."""


@dataclass(frozen=True, slots=True)
class Described:
    """Bytes to be sent."""

    digest: str
    size: int
    name: str
    media_type: str | None = None


def answer(described: Described, headers: Headers, *, method: str, read: Read) -> Response:
    """Return the answer: all of the bytes, the one range that was asked for, 304 or 416."""
    mark = f'"{described.digest}"'
    media_type = _choose_type(described.media_type)
    sent = _SAFE | {"ETag": mark, "Content-Disposition": _dispose(described.name, media_type)}
    if headers.get("if-none-match") == mark:
        return Response(status_code=304, headers=sent)
    span = _read_range(headers, described.size, mark)
    if span is None:
        return Response(status_code=416, headers=sent | {"Content-Range": f"bytes */{described.size}"})
    start, end = span
    sent["Content-Length"] = str(end - start)
    status = 200
    if end - start < described.size:
        status = 206
        sent["Content-Range"] = f"bytes {start}-{end - 1}/{described.size}"
    if method == "HEAD" or start == end:
        return Response(status_code=status, headers=sent, media_type=media_type)
    return StreamingResponse(read(start, end), status_code=status, headers=sent, media_type=media_type)


def _read_range(headers: Headers, size: int, mark: str) -> tuple[int, int] | None:
    """Return start and end of what is asked for: everything, unless it is one range; None where there is none such."""
    asked = _RANGE.fullmatch(headers.get("range", "").strip())
    if asked is None or asked.groups() == ("", "") or headers.get("if-range", mark) != mark:
        return 0, size
    first, last = asked[1], asked[2]
    if not first:
        return (max(size - int(last), 0), size) if int(last) and size else None
    start = int(first)
    end = min(int(last) + 1, size) if last else size
    return (start, end) if start < end else None


def _choose_type(media_type: str | None) -> str:
    return media_type if media_type is not None and _MEDIA_TYPE.fullmatch(media_type) else UNKNOWN


def _dispose(name: str, media_type: str) -> str:
    how = "inline" if media_type in SHOWN else "attachment"
    return f"{how}; filename*=UTF-8''{quote(name, safe='')}"
