"""Test runs of their own, for tests of what a run does with its servers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from store.embedded.processes import list_processes
from tests.servers.rendezvous import CHECKOUT, MEMORY

PYTEST_OPTIONS = ["-s", "-c", f"{CHECKOUT}/pyproject.toml", "--rootdir", str(CHECKOUT)]
PYTEST_OPTIONS += ["-p", "no:cacheprovider", "-p", "tests.conftest"]


class SeparateRun:
    """A test run of its own, with its own place for temporary files."""

    def __init__(self, tmp_path: Path, tests: str, *options: str, **environment: str) -> None:
        self.temporary = tmp_path / "t"
        self.temporary.mkdir(mode=0o755)
        module = tmp_path / "test_run.py"
        module.write_text(tests)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "WHENCE"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *PYTEST_OPTIONS, *options, str(module)],
            cwd=CHECKOUT,
            env=inherited | environment | {"TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def find_left(self) -> list[str]:
        """Return what there still is of the run: its processes and its folders."""
        folders = [path.name for path in self.temporary.glob("whence-*")]
        processes = [command for command in list_processes().values() if str(self.temporary) in command]
        in_memory = [str(MEMORY / name) for name in folders if (MEMORY / name).exists()]
        return folders + processes + in_memory
