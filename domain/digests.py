"""Content digests: `algorithm:value`, hexadecimal where the algorithm is known."""

from __future__ import annotations

import base64
import binascii
import re

from domain.errors import InvalidInput
from domain.texts import shown

SIZES = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64, "blake2b": 64, "blake3": 32, "crc32c": 4}
"""Bytes of each known algorithm's digest."""

_DIGEST = re.compile(r"(?P<algorithm>[A-Za-z][A-Za-z0-9+._-]{0,39}):(?P<value>[A-Za-z0-9+/=_.-]{1,256})", re.ASCII)
_BARE = re.compile(r"[0-9A-Fa-f]{64}", re.ASCII)


def normalise_digest(text: str, *path: str) -> str:
    """Return the one spelling of a digest: known algorithms in lower-case hexadecimal, also when given in base64.

    64 hexadecimal digits alone are SHA-256. Raises `InvalidInput`.
    """
    text = text.strip()
    if _BARE.fullmatch(text):
        return f"sha256:{text.lower()}"
    parts = _DIGEST.fullmatch(text)
    if parts is None:
        raise InvalidInput(f"{shown(text)} is not a digest such as sha256:...", path=path)
    algorithm = parts["algorithm"].lower().replace("-", "") if parts["algorithm"].lower().startswith("sha-") else ""
    algorithm = algorithm or parts["algorithm"].lower()
    size = SIZES.get(algorithm)
    if size is None:
        return f"{algorithm}:{parts['value']}"
    value = _read_hexadecimal(parts["value"], size) or _read_base64(parts["value"], size)
    if value is None:
        raise InvalidInput(f"{shown(text)} is not a digest of {size} bytes", path=path)
    return f"{algorithm}:{value}"


def _read_hexadecimal(value: str, size: int) -> str | None:
    if len(value) != size * 2:
        return None
    try:
        return bytes.fromhex(value).hex()
    except ValueError:
        return None


def _read_base64(value: str, size: int) -> str | None:
    try:
        raw = base64.b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw.hex() if len(raw) == size else None
