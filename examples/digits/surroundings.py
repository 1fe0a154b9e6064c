"""What a run rests on beside data: the commit that these scripts are at, and the versions that decide the numbers."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from pathlib import Path

import numpy
import sklearn

from examples.digits.journal import digest_bytes

ROOT = Path(__file__).parents[2]
REPOSITORY = "whence"


@cache
def read_code() -> dict[str, str]:
    """Return the commit, and the digest of what was changed since and not committed."""
    changed = _git("diff", "HEAD", "--", "examples")
    said = {"repository": REPOSITORY, "commit": _git("rev-parse", "HEAD").strip()}
    return said | ({"diffDigest": digest_bytes(changed.encode())} if changed else {})


@cache
def read_environment() -> dict[str, str]:
    """Return the digest of the versions, and the class of the machine."""
    versions = {"python": platform.python_version(), "numpy": numpy.__version__, "scikit-learn": sklearn.__version__}
    locked = "\n".join(f"{name}=={version}" for name, version in versions.items())
    return {"lockDigest": digest_bytes(locked.encode()), "hardware": platform.machine()}


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout
