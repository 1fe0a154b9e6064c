"""Seeding every generator of random numbers that a training uses, and remembering by what."""

from __future__ import annotations

import random
import sys
from typing import Any


class Seeds:
    """The seed of this process, once somebody gave one."""

    def __init__(self) -> None:
        self.seed: int | None = None
        self.seeded: tuple[str, ...] = ()


SEEDS = Seeds()


def seed_all(seed: int) -> list[str]:
    """Seed the generators of Python, and of numpy, torch and jax where they were imported; return which.

    jax has no generator of its own: its key is `jax.random.key(seed)`. Open runs get the tag `seed`, later ones too.
    """
    random.seed(seed)
    seeded = ["python"]
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(seed % (1 << 32))
        seeded.append("numpy")
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)  # also those of all CUDA devices
        seeded.append("torch")
    SEEDS.seed, SEEDS.seeded = seed, tuple(seeded)
    from whence.tracking.exits import EXITS

    for run in EXITS.list_open():
        run.note_seed(seed)
    return seeded


def collect_states() -> bytes:
    """Return the state of every generator, pickled: `restore_states` puts them back."""
    import pickle

    states: dict[str, Any] = {"python": random.getstate()}
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        states["numpy"] = numpy.random.get_state()
    torch = sys.modules.get("torch")
    if torch is not None:
        states["torch"] = torch.get_rng_state()
        if torch.cuda.is_available():
            states["torch.cuda"] = torch.cuda.get_rng_state_all()
    return pickle.dumps(states)
