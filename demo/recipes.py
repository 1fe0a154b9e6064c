"""Recipes: which folder of the source a training or a note belongs to, and what its final losses come to."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from demo.logs import Log, Note
from demo.trainings import Training

LOOSE = "results"
"""The folder of track 3 whose loose logs are recipes of their own; the track's README tells their story."""
_SEED_FOLDER = re.compile(r"seed_\d+")


class Place(NamedTuple):
    """A track and the folders below it: one for a recipe, more for its variants."""

    track: str
    folders: tuple[str, ...]

    @property
    def name(self) -> str:
        return "/".join(self.folders)

    @property
    def key(self) -> str:
        """What the id of its run is made from."""
        return f"recipe:{self.track}/{self.name}"

    @property
    def parent(self) -> Place | None:
        return Place(self.track, self.folders[:1]) if len(self.folders) > 1 else None


@dataclass
class Recipe:
    """A recipe or one of its variants, with every training below it and the notes that stand on it."""

    place: Place
    trainings: list[Training] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    variants: int = 0


@dataclass(frozen=True)
class FinalLosses:
    """Mean, sample standard deviation and count of the final validation losses of a recipe's trainings."""

    mean: float
    std: float | None
    """Absent for a single training: one value has no spread."""
    count: int
    distinct: int
    """How many of the trainings are not the points of another one told a second time."""


def find_place(log: Log) -> Place:
    """Return the most specific recipe of a log. A `seed_N` folder is a seed, not a recipe."""
    folders = log.group.split("/")
    if folders[0] == LOOSE:
        folders = folders[1:] or [LOOSE, log.run]
    if _SEED_FOLDER.fullmatch(folders[-1]):
        folders.pop()
    return Place(log.track, (folders[0], "/".join(folders[1:])) if len(folders) > 1 else (folders[0],))


def find_note_place(note: Note, known: Iterable[Place]) -> Place:
    """Return the recipe that a note stands on: the most specific one with logs, else its first folder."""
    track, *folders = note.path.split("/")[:-1]
    if folders[:1] == [LOOSE]:
        folders = folders[1:]
    if not folders:
        return Place(track, (LOOSE,))
    variant = Place(track, (folders[0], "/".join(folders[1:])))
    return variant if variant in known else Place(track, (folders[0],))


def collect_recipes(trainings: Sequence[Training], notes: Iterable[Note]) -> list[Recipe]:
    """Return every recipe, each before its variants."""
    recipes: dict[Place, Recipe] = {}

    def recipe_of(place: Place) -> Recipe:
        if place not in recipes:
            if place.parent is not None:
                recipe_of(place.parent).variants += 1
            recipes[place] = Recipe(place)
        return recipes[place]

    for training in trainings:
        recipe = recipe_of(find_place(training.log))
        recipe.trainings.append(training)
        if recipe.place.parent is not None:
            recipes[recipe.place.parent].trainings.append(training)
    known = set(recipes)
    for note in notes:
        recipe_of(find_note_place(note, known)).notes.append(note)
    return list(recipes.values())


def summarise(trainings: Sequence[Training]) -> FinalLosses | None:
    """Return the figures of the final losses; nothing where no training is known."""
    if not trainings:
        return None
    losses = [training.final_val_loss for training in trainings]
    return FinalLosses(
        mean=statistics.fmean(losses),
        std=statistics.stdev(losses) if len(losses) > 1 else None,
        count=len(losses),
        distinct=len(losses) - len(find_repeats(trainings)),
    )


def find_repeats(trainings: Sequence[Training]) -> dict[str, str]:
    """Return, by key, the trainings whose validation points all stand in another one, and which one that is.

    Some logs were published twice: alone and in the output of a batch. Of two equal ones the one with more known
    facts is kept, then the one whose key sorts first.
    """
    kept: dict[tuple[int, float | None], list[tuple[Training, frozenset[tuple[int, float | None]]]]] = defaultdict(list)
    repeats: dict[str, str] = {}
    for training in sorted(trainings, key=lambda t: (-len(t.val), -len(t.log.hparams) - len(t.log.env), t.key)):
        points = frozenset((row.step, row.loss) for row in training.val)
        same_end = kept[training.val[-1].step, training.val[-1].loss]
        original = next((other for other, others in same_end if points <= others), None)
        if original is None:
            same_end.append((training, points))
        else:
            repeats[training.key] = original.key
    return repeats
