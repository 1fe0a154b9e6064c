"""The jars of the test servers: fetched from Maven Central once per content of their pom, shared by all checkouts."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.java import find_maven

HERE = Path(__file__).parent
LAUNCHER = HERE / "launcher"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
RELEASE = "21"


def fetch_class_path(name: str, java: Path) -> str:
    """Return the class path of a server, fetched and compiled by the first to ask (some 10 s, 200 MB on disk)."""
    pom = HERE / "maven" / f"{name}.xml"
    sources = sorted(LAUNCHER.rglob("*.java")) if name == "elasticsearch" else []
    parts = [pom, *sources]
    digest = hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()[:12]
    folder = _cache() / f"{name}-{digest}"
    with _locked(folder.with_suffix(".lock")):
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            _fetch(pom, unfinished / "lib")
            if sources:
                _compile(java, sources, unfinished)
            unfinished.rename(folder)
    return f"{folder}/classes:{folder}/lib/*" if sources else f"{folder}/lib/*"


def _cache() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whence-test-servers"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(pom: Path, lib: Path) -> None:
    options = ["-DincludeScope=runtime", f"-DoutputDirectory={lib}"]
    _run([find_maven(), "--batch-mode", "--quiet", "--file", str(pom), COPY, *options])


def _compile(java: Path, sources: Sequence[Path], folder: Path) -> None:
    """Compile with the compiler among the jars: a Java runtime has none."""
    jars = sorted((folder / "lib").glob("*.jar"))
    compiler = next(jar for jar in jars if jar.name.startswith("ecj-"))
    options = ["-nowarn", "-proc:none", "-source", RELEASE, "-target", RELEASE, "-d", str(folder / "classes")]
    _run([str(java), "-jar", str(compiler), *options, "-cp", ":".join(map(str, jars)), *map(str, sources)])
    shutil.copy(LAUNCHER / "log4j2.properties", folder / "classes")


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}")
