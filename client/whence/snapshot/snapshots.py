"""Everything together: one file, one digest, and what is missing in it."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from pathlib import Path

import msgspec

from whence.files.digests import digest_bytes
from whence.snapshot.builds import read_build, read_image_digest
from whence.snapshot.git import MAX_DIFF, GitState, read_git
from whence.snapshot.machine import Machine, read_machine
from whence.snapshot.packages import Packages, read_packages
from whence.snapshot.secrets import scrub_arguments
from whence.snapshot.seeds import SEEDS


class Snapshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a run ran in. What was switched off, or is not there, is None."""

    entry_point: str | None = None
    """The script, below the top of the repository where there is one; or `-m package.module`."""
    arguments: tuple[str, ...] = ()
    """Of the command line, without secrets."""
    git: GitState | None = None
    packages: Packages | None = None
    machine: Machine | None = None
    image_digest: str | None = None
    build: dict[str, str] | None = None
    seed: int | None = None

    def encode(self) -> bytes:
        """Return the snapshot as JSON; equal surroundings give equal bytes."""
        return msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=2)


class Taken(msgspec.Struct, frozen=True):
    """A snapshot with what belongs to it: the uncommitted change without secrets, and what nobody can do again."""

    snapshot: Snapshot
    diff: bytes
    missing: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Digest of everything together."""
        return digest_bytes(self.snapshot.encode() + self.diff)


def take_snapshot(parts: Collection[str], environment: Mapping[str, str]) -> Taken:
    """Look at code, packages and machine: some tenths of a second. Only the parts that are named (`SNAPSHOT_PARTS`)."""
    script = _find_script()
    folder = Path.cwd() if script is None else script.parent
    found = read_git(folder) if "git" in parts else None
    git, diff = (None, b"") if found is None else found
    snapshot = Snapshot(
        entry_point=_name_entry_point(script, git),
        arguments=tuple(scrub_arguments(sys.argv[1:])),
        git=git,
        packages=read_packages(folder, environment) if "packages" in parts else None,
        machine=read_machine() if "machine" in parts else None,
        image_digest=read_image_digest(environment),
        build=(read_build(environment) or None) if "build" in parts else None,
        seed=SEEDS.seed,
    )
    return Taken(snapshot, diff, tuple(list_missing(snapshot)))


def _find_script() -> Path | None:
    """Return the file that was run; None in a notebook or at the prompt."""
    main = sys.modules.get("__main__")
    place = getattr(main, "__file__", None)
    return Path(place).resolve() if place else None


def _name_entry_point(script: Path | None, git: GitState | None) -> str | None:
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    if spec is not None and spec.name:
        return f"-m {spec.name.removesuffix('.__main__')}"
    if script is None:
        return None
    if git is not None and script.is_relative_to(git.root):
        return script.relative_to(git.root).as_posix()
    return script.as_posix()


def list_missing(snapshot: Snapshot) -> list[str]:
    """Return what keeps others from doing it again, each in a few words."""
    missing = []
    git = snapshot.git
    if git is None:
        missing.append("code: no git repository was found, or git was switched off")
    else:
        if git.repository is None:
            missing.append("code: the repository has no remote that others could clone")
        elif not git.published:
            missing.append(f"code: no branch of a remote is known to have commit {git.commit[:12]}")
        if git.diff_size > MAX_DIFF:
            missing.append(f"code: the uncommitted change of {git.diff_size} bytes is larger than {MAX_DIFF}; not kept")
        if git.untracked:
            missing.append(f"code: {len(git.untracked)} files that git does not know, such as {git.untracked[0]}")
    if snapshot.packages is None:
        missing.append("packages: switched off")
    if snapshot.entry_point is None:
        missing.append("command: a notebook or a prompt has none")
    return missing
