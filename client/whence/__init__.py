"""Whence: the record of machine-learning experiments, from Python and from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whence.failures import WhenceError
    from whence.reading.client import Client, runs
    from whence.snapshot.seeds import seed_all
    from whence.tracking.runs import Run
    from whence.tracking.starting import init

__version__ = "0.1.0"
__all__ = ["Client", "Run", "WhenceError", "__version__", "init", "runs", "seed_all"]

_PLACES = {
    "Client": "whence.reading.client",
    "Run": "whence.tracking.runs",
    "WhenceError": "whence.failures",
    "init": "whence.tracking.starting",
    "runs": "whence.reading.client",
    "seed_all": "whence.snapshot.seeds",
}


def __getattr__(name: str) -> Any:
    """Load what is used when it is used: a script pays for nothing else."""
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'whence' has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(place), name)
    return found
