"""Console output of runs: lines by number, as one writer printed them to one stream."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import InvalidInput, TooLarge
from domain.ids import AttemptID
from domain.streams import LogChunk
from domain.texts import check_name

MAX_CHUNK = 1 << 20
"""Bytes of UTF-8 in one request."""
MAX_LINES = 10_000
"""Lines of one answer."""
MAX_SCANNED = 200_000
"""Lines that one search looks at: an answer says where to go on."""
LARGEST_LINE = (1 << 62) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleLine:
    """One line; `number` counts from 0 within its writer and stream."""

    number: int
    text: str


def make_chunk(text: str, *, stream: str, writer: str, first_line: int, attempt: AttemptID | None = None) -> LogChunk:
    """Return lines as they will stand in the record. Raises `InvalidInput`, `TooLarge`."""
    if not 0 <= first_line <= LARGEST_LINE:
        raise InvalidInput(f"{first_line} is no number of a line", path=["firstLine"])
    try:
        content = text.encode()
    except UnicodeEncodeError:
        raise InvalidInput("the text holds half a surrogate pair", path=["text"]) from None
    if len(content) > MAX_CHUNK:
        raise TooLarge(f"{len(content)} bytes are more than {MAX_CHUNK} in one request", path=["text"])
    return LogChunk(
        stream=check_name(stream, "stream"),
        writer=writer,
        first_line=first_line,
        lines=text.count("\n") + 1,
        content=content,
        attempt=attempt,
    )


def cut_lines(chunks: list[LogChunk], *, from_line: int) -> list[ConsoleLine]:
    """Return the lines of chunks from one on, by number; of a line that was written twice the later chunk's."""
    found: dict[int, str] = {}
    for chunk in chunks:
        for place, text in enumerate(chunk.content.decode("utf-8", "replace").split("\n")):
            if chunk.first_line + place >= from_line:
                found[chunk.first_line + place] = text
    return [ConsoleLine(number=number, text=found[number]) for number in sorted(found)]
