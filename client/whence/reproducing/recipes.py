"""From a run of the record to the steps that do it again, and what is missing for them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import Any

import msgspec

from whence.failures import Problem, WhenceError
from whence.files.digests import digest_bytes
from whence.service import Service
from whence.snapshot.snapshots import Snapshot, list_missing
from whence.tracking.surroundings import DIFF_PATH, REQUIREMENTS_PATH, SNAPSHOT_PATH

_DOCUMENT = """query Reproduce($run: ID!, $of: [NodeRef!]!) {
  run(id: $run) {
    uuid name experiment { name } tags(keys: ["seed"]) { value } artifacts(first: 1000) { nodes { path digest } }
  }
  lineage(of: $of, direction: UPSTREAM, maxDepth: 1) {
    nodes(first: 200) { edges { node { __typename ... on DatasetVersion {
      name digest placeholder location dataset { namespace name } availability { state since reason }
    } } } }
  }
}"""
_GONE = frozenset({"MISSING", "EXPIRED", "ERASED"})


@dataclass
class Recipe:
    """How to do a run again."""

    run: str
    name: str
    digest: str | None = None
    """Of the snapshot and the uncommitted change together."""
    snapshot: Snapshot | None = None
    steps: list[str] = field(default_factory=list)
    """Commands of a POSIX shell, in order."""
    files: dict[str, bytes] = field(default_factory=dict)
    """What the steps need beside them, by name."""
    data: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def write_script(self) -> str:
        """Return the steps as a script."""
        head = [
            "#!/bin/sh",
            f"# Does run {self.run} again: {self.name!r}",
            "set -eu",
            'HERE=$(cd "$(dirname "$0")" && pwd)',
        ]
        notes = [f"# data: {line}" for line in self.data] + [f"# missing: {line}" for line in self.missing]
        return "\n".join([*head, *notes, *self.steps, ""])


def fetch_recipe(service: Service, run: str) -> Recipe:
    """Return how to do a run again. Raises `Problem` for a run that is not there, `Unreachable`."""
    answer = service.execute(_DOCUMENT, {"run": run, "of": [{"run": run}]})
    found = answer["run"]
    recipe = Recipe(run=found["uuid"], name=found["name"])
    paths = {one["path"] for one in found["artifacts"]["nodes"]}
    files = {
        path: _fetch(service, found["uuid"], path, recipe)
        for path in (SNAPSHOT_PATH, DIFF_PATH, REQUIREMENTS_PATH)
        if path in paths
    }
    _note_data(recipe, [edge["node"] for edge in answer["lineage"]["nodes"]["edges"]])
    raw = files.get(SNAPSHOT_PATH)
    if raw is None:
        recipe.missing.append("snapshot: the run recorded none, or its bytes have not come yet")
        return recipe
    diff, requirements = files.get(DIFF_PATH), files.get(REQUIREMENTS_PATH)
    recipe.snapshot = msgspec.json.decode(raw, type=Snapshot)
    recipe.digest = digest_bytes(raw + (diff or b""))
    recipe.missing += list_missing(recipe.snapshot)
    if recipe.snapshot.seed is None and not found["tags"]:
        recipe.missing.append("seeds: nobody called whence.seed_all(n)")
    if diff:
        recipe.files["changes.patch"] = diff
        if b"[secret]" in diff:
            recipe.missing.append("code: a secret was taken out of the uncommitted change; put it back by hand")
    if requirements:
        recipe.files["requirements.txt"] = requirements
    recipe.steps = _list_steps(recipe.snapshot, recipe.files)
    return recipe


def _fetch(service: Service, run: str, path: str, recipe: Recipe) -> bytes | None:
    try:
        return b"".join(service.read(f"/runs/{run}/files/{path}"))
    except Problem as problem:
        recipe.missing.append(f"{path}: {problem.message}")
        return None


def _note_data(recipe: Recipe, nodes: list[dict[str, Any]]) -> None:
    for node in nodes:
        if node["__typename"] != "DatasetVersion":
            continue
        named = f"{node['dataset']['namespace']}/{node['dataset']['name']}@{node['name']}"
        recipe.data.append(named)
        availability = node["availability"]
        if availability and availability["state"] in _GONE:
            reason = f" ({availability['reason']})" if availability["reason"] else ""
            recipe.missing.append(
                f"data: {named} is {availability['state'].lower()} since {availability['since']}{reason}"
            )


def _list_steps(snapshot: Snapshot, files: dict[str, bytes]) -> list[str]:
    steps = []
    git = snapshot.git
    if git is not None:
        steps += [
            f"git clone {shlex.quote(git.repository or git.root)} code",
            "cd code",
            f"git checkout --detach {git.commit}",
        ]
        if "changes.patch" in files:
            steps.append('git apply "$HERE/changes.patch"')
    if snapshot.image_digest:
        steps.append(f"# it ran in the image {snapshot.image_digest}")
    if snapshot.machine is not None:
        steps.append(f"# it ran on {snapshot.machine.hardware}, {snapshot.machine.system}, {snapshot.machine.python}")
    if "requirements.txt" in files:
        version = "" if snapshot.machine is None else ".".join(snapshot.machine.python.split()[-1].split(".")[:2])
        steps += [f"python{version} -m venv .venv", '.venv/bin/pip install -r "$HERE/requirements.txt"']
    if snapshot.entry_point is not None:
        script = snapshot.entry_point if snapshot.entry_point.startswith("-m ") else shlex.quote(snapshot.entry_point)
        python = ".venv/bin/python" if "requirements.txt" in files else "python"
        steps.append(" ".join([python, script, *map(shlex.quote, snapshot.arguments)]))
    return steps


def check_digest(recipe: Recipe) -> None:
    """Raise `WhenceError` where a recipe has no snapshot to rest on."""
    if recipe.snapshot is None:
        raise WhenceError(f"run {recipe.run} cannot be done again: {'; '.join(recipe.missing)}")
