"""Which of the files at a path is meant, as people type it: `model.pt@best`, `model.pt@3`, `model.pt`."""

from __future__ import annotations

LATEST = "latest"
"""The alias that always means the newest."""


def parse_choice(text: str) -> tuple[str, str | None, int | None]:
    """Return path, alias and version of what was typed; without `@`, or with nothing behind it, all is the path."""
    path, mark, name = text.rpartition("@")
    if not mark or not path or not name or "/" in name:
        return text, None, None
    if name.isascii() and name.isdecimal():
        return path, None, int(name)
    return path, name, None


def write_choice(path: str, *, alias: str | None, version: int | None) -> str:
    """Return a choice as people type it."""
    name = version if alias is None else alias
    return path if name is None else f"{path}@{name}"
