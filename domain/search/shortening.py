"""Long texts as search counts and shows them: an index holds no longer ones, so none of its engines does."""

from __future__ import annotations

import hashlib

SHORT = 1024
"""Characters of a text that is shown whole; of a longer one the first `KEPT` and a digest are."""

KEPT = 900


def shorten(text: str) -> str:
    """Return a text as a bucket shows it; equal long texts stay equal, others stay different."""
    if len(text) <= SHORT:
        return text
    return text[:KEPT] + hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
