"""The files of the checkout, as the checks of this folder see them."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What tools leave behind, and what git ignores for the same reason.
_LEFT_BEHIND = frozenset(
    {".git", ".venv", ".whence", ".cache", ".hypothesis", "__pycache__", "dist", "node_modules", "vendor"}
)

# Data of other people that the project carries as it is.
_CARRIED = ROOT / "demo" / "speedruns"


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in _LEFT_BEHIND or path.name.endswith(("_cache", ".egg-info")) or path == _CARRIED:
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


@cache
def own_files(*suffixes: str) -> tuple[Path, ...]:
    """Return the files we wrote ourselves, all of them or those with one of the suffixes."""
    return tuple(path for path in _walk(ROOT) if not suffixes or path.suffix in suffixes)


@cache
def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
