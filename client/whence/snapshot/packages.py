"""The packages that are installed where a run runs, and the locks that say so more exactly."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

import msgspec

from whence.files.digests import digest_bytes, digest_file

_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "conda-lock.yml", "pixi.lock", "Pipfile.lock")


class Packages(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is installed."""

    python: tuple[str, ...]
    """Distributions of this interpreter, `name==version`, by name."""
    conda: tuple[str, ...] = ()
    """Packages of the conda environment, `name=version=build`, by name."""
    lock: str | None = None
    """Name of the lock file nearest to the script."""
    lock_digest: str | None = None
    """Digest of that file."""

    @property
    def digest(self) -> str:
        """What tells this environment from another: of everything that is installed."""
        return digest_bytes("\n".join([*self.python, *self.conda]).encode())

    def write_requirements(self) -> bytes:
        """Return the distributions as a file that pip and uv read."""
        return "".join(f"{line}\n" for line in self.python if "@ file:" not in line).encode()


def read_packages(folder: Path, environment: Mapping[str, str]) -> Packages:
    """Return what is installed; the lock is looked for in a folder and those above it."""
    lock = _find_lock(folder)
    return Packages(
        python=tuple(_list_distributions()),
        conda=tuple(_list_conda(environment.get("CONDA_PREFIX"))),
        lock=None if lock is None else lock.name,
        lock_digest=None if lock is None else digest_file(lock).digest,
    )


def _list_distributions() -> list[str]:
    found: dict[str, str] = {}
    for distribution in distributions():
        name = distribution.metadata["Name"]
        if name and name.lower() not in found:  # the first one in the path is the one that is imported
            found[name.lower()] = f"{name}=={distribution.version}"
    return [found[name] for name in sorted(found)]


def _list_conda(prefix: str | None) -> list[str]:
    if not prefix or not sys.prefix.startswith(prefix):
        return []
    names = (path.stem.rsplit("-", 2) for path in Path(prefix, "conda-meta").glob("*.json"))
    return sorted("=".join(parts) for parts in names if len(parts) == 3)


def _find_lock(folder: Path) -> Path | None:
    for above in (folder, *folder.parents):
        for name in _LOCKS:
            if (above / name).is_file():
                return above / name
        if (above / ".git").exists():
            return None
    return None
