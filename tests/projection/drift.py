"""Drift put in by hand, past every fence: what is missing, stale, ahead, changed, or known to nobody."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.ids import NodeKey, NodeKind, make_uuid7
from domain.projections import Entity
from tests.store.making import DEFAULT


class Drift(StrEnum):
    """How one entity is spoiled; the words are those of a verification."""

    MISSING = "missing"
    STALE = "stale"
    AHEAD = "ahead"
    OTHER = "other"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Case:
    """One entity and what happens to it."""

    entity: Entity
    drift: Drift


def choose_cases(entities: Sequence[Entity], chance: random.Random, *, extra: NodeKind, share: float) -> list[Case]:
    """Return a case for each entity, of which a share are of things that nobody knows, of one kind."""
    drifts = [drift for drift in Drift if drift is not Drift.EXTRA]
    cases = [Case(entity, chance.choice(drifts)) for entity in entities]
    unknown = int(len(entities) * share)
    made = [Case(Entity(DEFAULT, NodeKey(extra, make_uuid7())), Drift.EXTRA) for _ in range(unknown)]
    return cases[: len(cases) - unknown] + made
