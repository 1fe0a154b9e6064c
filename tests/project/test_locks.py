"""The locks hold every dependency of the two distributions, with hashes and without addresses."""

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project.checkout import ROOT, read

_OURS = {"whence", "whence-server"}
_LOCKS = ["build", "server", "dev", "examples", "java", "s3"]
_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


def _lock(name: str) -> str:
    return read(ROOT / "requirements" / f"{name}.lock")


def _pins(name: str) -> dict[str, set[str]]:
    pins: dict[str, set[str]] = {}
    for package, version, _ in _PIN.findall(_lock(name)):
        pins.setdefault(canonicalize_name(package), set()).add(version)
    return pins


def _project(folder: str = "") -> dict[str, Any]:
    return tomllib.loads(read(ROOT / folder / "pyproject.toml"))


def _group(name: str) -> list[str]:
    entries = _project()["dependency-groups"][name]
    nested = [line for entry in entries if isinstance(entry, dict) for line in _group(entry["include-group"])]
    return nested + [entry for entry in entries if isinstance(entry, str)]


def _wanted(name: str) -> list[Requirement]:
    served = _project()["project"]["dependencies"] + _project("client")["project"]["dependencies"]
    lines = {
        "build": _group("build"),
        "server": served,
        "dev": served + _group("dev"),
        "examples": _group("examples"),
        "java": _group("java"),
        "s3": _group("s3"),
    }[name]
    return [requirement for requirement in map(Requirement, lines) if requirement.name not in _OURS]


@pytest.mark.parametrize("name", _LOCKS)
def test_a_lock_holds_a_fitting_version_of_everything_that_is_asked_for(name: str) -> None:
    pins = _pins(name)
    missing = [
        str(wanted)
        for wanted in _wanted(name)
        if not pins.get(canonicalize_name(wanted.name))
        or not all(map(wanted.specifier.contains, pins[canonicalize_name(wanted.name)]))
    ]

    assert missing == [], "run: make lock"


@pytest.mark.parametrize("name", _LOCKS)
def test_every_line_of_a_lock_is_a_pin_or_a_hash(name: str) -> None:
    entries = re.split(r"\n(?=\S)", _lock(name).strip())
    wrong = [
        entry.splitlines()[0]
        for entry in entries
        if not re.fullmatch(_PIN.pattern + r"(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+", entry, re.MULTILINE)
    ]

    assert wrong == []
    assert not _OURS & _pins(name).keys()


def test_the_tools_of_development_change_no_version_of_what_is_served() -> None:
    served, developed = _pins("server"), _pins("dev")

    assert {package: versions for package, versions in served.items() if developed.get(package) != versions} == {}


def test_what_the_examples_need_changes_no_version_of_what_is_served() -> None:
    served, needed = _pins("server"), _pins("examples")

    assert {package for package, versions in needed.items() if served.get(package, versions) != versions} == set()
