"""References as people type them: whatever they hold of a node, in one word."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from whence.failures import BadInput

FORMS = """REF is whatever you hold of it:

  model:NAME/VERSION  model:NAME@ALIAS  dataset:NAMESPACE/NAME@VERSION  dataset:NAMESPACE/NAME
  run:UUID (or the bare UUID)  s3://bucket/path  sha256:HEX  commit:SHA  a global id"""

_COMMIT = re.compile(r"[0-9a-fA-F]{7,64}")
_GLOBAL = re.compile(r"[A-Za-z0-9_-]{44}")


def parse_reference(text: str) -> dict[str, Any]:
    """Return the `NodeRef` that a text means. Raises `BadInput` for one of no known form."""
    form, _, rest = text.partition(":")
    if form == "model" and rest:
        return {"model": _parse_model(rest)}
    if form == "dataset" and rest:
        return {"dataset": _parse_dataset(text, rest)}
    if form == "run" and rest:
        return {"run": rest}
    if form == "commit" and _COMMIT.fullmatch(rest):
        return {"commit": {"sha": rest}}
    if form in ("sha256", "sha512", "md5") and rest:
        return {"digest": text}
    if "://" in text:
        return {"uri": text}
    if _is_uuid(text):
        return {"run": text}
    if _GLOBAL.fullmatch(text):
        return {"id": text}
    raise BadInput(f"{text!r} is no reference. {FORMS}")


def _parse_model(text: str) -> dict[str, str]:
    name, at, alias = text.rpartition("@")
    if at:
        return {"name": name, "alias": alias}
    name, slash, version = text.rpartition("/")
    return {"name": name, "version": version} if slash else {"name": text}


def _parse_dataset(given: str, text: str) -> dict[str, str]:
    named, at, version = text.rpartition("@")
    if not at:
        named, version = text, ""
    namespace, slash, name = named.rpartition("/")
    if not slash or not namespace or not name:
        raise BadInput(f"{given!r} names no dataset: dataset:NAMESPACE/NAME@VERSION")
    return {"namespace": namespace, "name": name} | ({"version": version} if version else {})


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
