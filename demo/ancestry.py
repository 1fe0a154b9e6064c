"""Which recipe started from which, as the notes say: read from `lineage.jsonl`, each with the sentences it rests on.

The file was made by reading the 119 notes. `how` is `base` where the recipe started from the other one, `part` where
it took something over; `replaced` is what it put something else in the place of, in the words of the note. `evidence`
says that, and `names` says which recipe a number or a pull request in it stands for. A date is no evidence, and where a
note says nothing, there is no line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from demo.recipes import Place

FILE = Path(__file__).parent / "lineage.jsonl"


class Quote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence of a note; `file` is the note's path in the source, below `records/`."""

    file: str
    sentence: str


class Ancestor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A recipe that another one started from, or took over a part of."""

    track: str
    recipe: str
    from_: str = msgspec.field(name="from")
    how: Literal["base", "part"]
    evidence: list[Quote]
    names: list[Quote] = []
    replaced: str | None = None
    from_track: str | None = None

    @property
    def child(self) -> Place:
        return _place(self.track, self.recipe)

    @property
    def parent(self) -> Place:
        return _place(self.from_track or self.track, self.from_)

    @property
    def told(self) -> str:
        """The sentences and their files, as the edge in the record quotes them."""
        said = [f"“{quote.sentence}” ({quote.file})" for quote in (*self.evidence, *self.names)]
        return "; ".join([*said, f"replaced: {self.replaced}"] if self.replaced else said)


def read_ancestors(path: Path = FILE) -> list[Ancestor]:
    """Return what the notes say, in the order of the file."""
    decoder = msgspec.json.Decoder(Ancestor)
    return [decoder.decode(line) for line in path.read_bytes().splitlines()]


def _place(track: str, name: str) -> Place:
    """Return the place of a recipe's name: its first folder, and all others as one."""
    folder, _, rest = name.partition("/")
    return Place(track, (folder, rest) if rest else (folder,))
