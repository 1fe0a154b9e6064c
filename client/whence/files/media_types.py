"""Media types of files, by their name and, where the name says nothing, by their first bytes."""

from __future__ import annotations

import mimetypes
from pathlib import Path

_BY_SUFFIX = {
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
    ".md": "text/markdown",
    ".npy": "application/x-npy",
    ".npz": "application/x-npz",
    ".onnx": "application/onnx",
    ".parquet": "application/vnd.apache.parquet",
    ".pt": "application/x-pytorch",
    ".pth": "application/x-pytorch",
    ".safetensors": "application/x-safetensors",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
_BY_START = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"PAR1", "application/vnd.apache.parquet"),
    (b"\x93NUMPY", "application/x-npy"),
    (b"\x89HDF\r\n\x1a\n", "application/x-hdf5"),
    (b"ARROW1", "application/vnd.apache.arrow.file"),
)
_LOOK = 512
UNKNOWN = "application/octet-stream"


def sniff_media_type(path: Path) -> str:
    """Return the media type of a file; `application/octet-stream` where nothing tells."""
    named = _BY_SUFFIX.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0]
    if named:
        return named
    try:
        with path.open("rb") as file:
            return sniff_bytes(file.read(_LOOK))
    except OSError:
        return UNKNOWN


def sniff_bytes(start: bytes) -> str:
    """Return the media type that the first bytes of a file tell: text where they are UTF-8."""
    for mark, media_type in _BY_START:
        if start.startswith(mark):
            return media_type
    if not start or b"\0" in start:
        return UNKNOWN
    try:
        start[:-4].decode() if len(start) == _LOOK else start.decode()
    except UnicodeDecodeError:
        return UNKNOWN
    return "text/plain"
