"""How each run of the project begins."""

from __future__ import annotations

from typing import Any

import whence
from examples.digits.days import Days

EXPERIMENT = "digits"
NAMESPACE = "digits"
"""The namespace of the datasets that these scripts make."""


def begin_run(days: Days, name: str, kind: str, *, parent: str | None = None, **params: Any) -> whence.Run:
    """Begin a run of the story."""
    return whence.init(
        EXPERIMENT,
        name,
        id=days.make_id(name),
        kind=kind,
        parent=parent,
        params=params,
        snapshot=("git", "packages", "machine"),
        system=False,
        console=False,
    )
