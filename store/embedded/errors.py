"""The failure that stops a service from having its own Postgres."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from domain.errors import DomainError


class EmbeddedPostgresError(DomainError):
    """The embedded Postgres cannot be had in this folder; the message names the folder and the reason."""

    code: ClassVar[str] = "EMBEDDED_POSTGRES"

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"no embedded Postgres in the folder {folder}: {reason}")
        self.folder = folder
        self.reason = reason
