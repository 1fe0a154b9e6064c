"""Sending a file by its digest: from where an earlier try ended, and only where the service has it not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from whence.failures import Problem, Unreachable, WhenceError
from whence.service import Service, read_problem

PIECE = 1 << 20
"""Bytes between two signs that the upload goes on."""
PART = 64 << 20
"""Bytes of one request: after a failure no more of them are sent again than the service did not get."""
ASK_FROM = 256 << 10
"""Bytes from which a file is worth a question first: how much of it the service has."""
_TRIES = 20
"""So often the service may say that the upload stands elsewhere."""

Progress = Callable[[int], None]
"""Told the number of bytes that were just sent."""


def upload(service: Service, digest: str, file: Path, *, progress: Progress | None = None) -> None:
    """Send a file, once, and return when the service has checked it. Raises `Unreachable`, `Problem`, `OSError`.

    A problem that is not retriable, and not DENIED, is for good: the service will never take these bytes.
    """
    size = file.stat().st_size
    offset = 0 if size < ASK_FROM else _find_offset(service, digest, size)
    for _ in range(_TRIES):
        if offset is None:
            return
        offset = _go_on(service, digest, file, offset=offset, size=size, progress=progress)
    raise Problem(code="CONFLICT", message=f"the upload of {digest} does not come to an end", retriable=True)


def _go_on(
    service: Service, digest: str, file: Path, *, offset: int, size: int, progress: Progress | None
) -> int | None:
    """Send parts until the file is whole (None), or the service says that the upload stands at another place."""
    while True:
        length = min(PART, size - offset)
        headers = {
            "Upload-Offset": str(offset),
            "Upload-Length": str(size),
            "Content-Length": str(length),
            "Content-Type": "application/octet-stream",
        }
        body = _read_pieces(file, offset, length, progress)
        answer = service.send("PATCH", f"/artifacts/{digest}", content=body, headers=headers)
        if answer.status_code == httpx.codes.CREATED:
            return None
        if answer.status_code == httpx.codes.CONFLICT:
            return _find_offset(service, digest, size)
        if answer.status_code != httpx.codes.NO_CONTENT:
            raise read_problem(answer)
        offset += length


def _find_offset(service: Service, digest: str, size: int) -> int | None:
    """Return how many bytes the service has of an upload; None where it has the whole file."""
    answer = service.send("HEAD", f"/artifacts/{digest}")
    if answer.is_success:
        return None
    if answer.status_code != httpx.codes.NOT_FOUND or "Upload-Offset" not in answer.headers:
        raise read_problem(answer)
    return min(int(answer.headers["Upload-Offset"]), size)


def _read_pieces(file: Path, offset: int, length: int, progress: Progress | None) -> Iterator[bytes]:
    with file.open("rb", buffering=0) as opened:
        opened.seek(offset)
        while length > 0 and (piece := opened.read(min(PIECE, length))):
            yield piece
            length -= len(piece)
            if progress is not None:
                progress(len(piece))


def may_pass(failure: WhenceError) -> bool:
    """Say whether the same upload may succeed later."""
    if isinstance(failure, Problem):
        return failure.retriable or failure.code in ("DENIED", "UNAVAILABLE", "INTERNAL", "NOT_FOUND")
    return isinstance(failure, Unreachable)
