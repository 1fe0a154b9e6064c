"""Names that a reader could take for each other: equal but for case, dashes or look-alike letters."""

from __future__ import annotations

import hashlib
import struct
import unicodedata

# Letters of other alphabets that look like Latin ones, and digits that look like letters (Unicode TR 39, the usual).
_ALIKE = str.maketrans(
    {
        **dict(zip("аАвВеЕкКмМнНоОрРсСтТуУхХіІјЈѕЅԁԛԝҺһ", "aabbeekkmmhhoopPcCttyyxxiijjssdqwhh", strict=True)),
        **dict(zip("αΑβΒεΕζΖηΗιΙκΚμΜνΝοΟρΡτΤυΥχΧ", "aabbeezzhhiikkmmvnooppttuyxx", strict=True)),
        **dict(zip("01|ɑɡıℓ", "olladil", strict=True)),
    }
)
_DROPPED = frozenset("-_ \u00ad\u200b\u200c\u200d\u2060\ufeff")
_DASHES = frozenset({"Pd", "Pc", "Zs", "Cf"})


def fold_name(*parts: str) -> bytes:
    """Return the digest of what is left of a name's parts without case, dashes and look-alike letters."""
    hashed = hashlib.sha256()
    for part in parts:
        raw = fold_text(part).encode("utf-8")
        hashed.update(struct.pack(">q", len(raw)) + raw)
    return hashed.digest()


def fold_text(text: str) -> str:
    """Return a text as it looks: compatibility forms, no marks, one case, no dashes, Latin for what looks so."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_ALIKE)).casefold()
    kept = (letter for letter in decomposed.translate(_ALIKE) if _is_seen(letter))
    return "".join(kept)


def _is_seen(letter: str) -> bool:
    category = unicodedata.category(letter)
    return letter not in _DROPPED and category not in _DASHES and not category.startswith("M")
