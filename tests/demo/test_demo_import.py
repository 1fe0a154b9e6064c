"""The demo through the whole service: imported by the command, read back by queries, compared with the files."""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.demo.published import FOLDER, find_log, read_pieces
from tests.servers.databases import cloned
from tests.servers.service_process import clean_environment, run_service_process
from tests.servers.shared_servers import SharedServers
from whence.failures import Problem
from whence.service import Service

KEYS = [
    *("val_loss", "train_loss", "train_time_ms", "peak_mem_mib"),
    *(f"final_val_loss/{figure}" for figure in ("mean", "std", "count", "distinct")),
]
PAGE = """query Page($after: String, $keys: [String!]!) {
  runs(first: 200, after: $after, orderBy: [{field: CREATED_AT, direction: ASC}]) {
    nodes {
      name kind status startedAt endedAt number
      experiment { name }
      parent { name }
      params { key type text }
      tags { key value }
      notes(first: 20) { nodes { text version } }
      metrics(keys: $keys) { key count first { step } last { step value time } min { step value } max { value } }
    }
    pageInfo { endCursor hasNextPage }
  }
}"""
FIND = """query Find($path: JSON!) {
  runs(where: {tag: {key: "source_path", is: {eq: $path}}}, first: 50) { nodes { id tags { key value } } }
}"""
POINT = """query Point($run: ID!, $keys: [String!]!, $step: Int64!) {
  metricSeries(run: $run, keys: $keys, steps: {from: $step, to: $step}) { key steps values }
}"""


def _run_import(url: str, lines: Path, *options: str, workspace: str = "demo") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "whence.command_line", "import", "--quiet", "--url", url, "--workspace", workspace]
    return subprocess.run(
        [*command, *options, str(lines)], capture_output=True, text=True, env=clean_environment(), check=False
    )


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The speed runs as import lines, as `python -m demo` writes them."""
    path = tmp_path_factory.mktemp("demo") / "demo.jsonl"
    with path.open("wb") as file:
        subprocess.run([sys.executable, "-m", "demo", "speedruns"], stdout=file, cwd=FOLDER.parents[1], check=True)
    return path


@pytest.fixture(scope="module")
def some_lines(lines: Path) -> Path:
    """Every definition and recipe, and every fifth training: 345 runs."""
    path = lines.with_name("some.jsonl")
    every = lines.read_bytes().splitlines(keepends=True)
    trainings = [line for line in every if b'"runKind":"TRAIN"' in line]
    path.write_bytes(b"".join([line for line in every if line not in set(trainings)] + trainings[::5]))
    return path


@pytest.fixture(scope="module")
async def demo_database(
    shared_servers: SharedServers, template_database: str, postgres_admin: asyncpg.Connection
) -> AsyncIterator[str]:
    """A database for all tests of this module: the demo is imported once."""
    async with cloned(shared_servers, postgres_admin, template_database) as url:
        yield url


@pytest.fixture(scope="module")
def url(demo_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service of its own process."""
    with run_service_process(demo_database, tmp_path_factory.mktemp("service")) as running:
        yield running.url


@pytest.fixture(scope="module")
def demo(url: str, lines: Path) -> Iterator[Service]:
    """The workspace with the demo in it."""
    done = _run_import(url, lines, "--create-workspace")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("imported 1116 lines: 1097 runs, ")
    with Service(url, workspace="demo") as service:
        yield service


def _fetch_runs(service: Service) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = service.execute(PAGE, {"after": after, "keys": KEYS})["runs"]
        runs += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return runs
        after = page["pageInfo"]["endCursor"]


def _tags(run: dict[str, Any]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in run["tags"]}


def _describe(runs: list[dict[str, Any]]) -> list[str]:
    """What the record says of the runs, apart from what each import numbers anew."""
    return sorted(repr({key: value for key, value in run.items() if key != "number"}) for run in runs)


def test_every_training_recipe_and_note_has_arrived(demo: Service) -> None:
    runs = _fetch_runs(demo)
    notes = [note["text"] for run in runs for note in run["notes"]["nodes"]]

    assert len(runs) == 1097
    assert sum(run["kind"] == "TRAIN" for run in runs) == 940
    assert sum(run["kind"] == "GROUP" for run in runs) == 157
    assert {run["status"] for run in runs} == {"FINISHED"}
    assert {run["experiment"]["name"] for run in runs} == {
        "track_1_short",
        "track_2_medium",
        "track_3_optimization",
    }
    assert sorted(notes) == sorted(path.read_text(encoding="utf-8") for path in (FOLDER / "notes").iterdir())


def test_every_point_has_arrived_once(demo: Service) -> None:
    counts: dict[str, int] = {}
    for run in _fetch_runs(demo):
        for metric in run["metrics"]:
            counts[metric["key"]] = counts.get(metric["key"], 0) + metric["count"]

    assert {key: count for key, count in counts.items() if "/" not in key} == {
        "val_loss": 23_541 - 8,
        "train_loss": 78_540,
        "train_time_ms": 718_410 - 4_433 - 8,
        "peak_mem_mib": 328,
    }


def test_fifty_values_chosen_by_chance_are_those_of_the_files(demo: Service) -> None:
    chance = random.Random(20261123)
    pieces = sorted(read_pieces().items())
    for _ in range(50):
        (path, part), rows = chance.choice(pieces)
        (run,) = (
            run
            for run in demo.execute(FIND, {"path": path})["runs"]["nodes"]
            if int(_tags(run).get("part", "1")) == part
        )
        step, loss, clock = chance.choice(rows)
        found = demo.execute(POINT, {"run": run["id"], "keys": ["val_loss", "train_time_ms"], "step": step})

        assert {series["key"]: (series["steps"], series["values"]) for series in found["metricSeries"]} == {
            "val_loss": ([step], [loss]),
            "train_time_ms": ([step], [clock]),
        }


def test_training_losses_chosen_by_chance_are_those_of_the_files(demo: Service) -> None:
    chance = random.Random(42)
    with_losses = sorted(
        path for path, _ in read_pieces() if any(row[1] is not None for row in find_log(path)["train"])
    )
    for path in chance.sample(with_losses, 10):
        (run,) = demo.execute(FIND, {"path": path})["runs"]["nodes"]
        step, loss, _ = chance.choice([row for row in find_log(path)["train"] if row[1] is not None])
        (series,) = demo.execute(POINT, {"run": run["id"], "keys": ["train_loss"], "step": step})["metricSeries"]

        assert (series["steps"], series["values"]) == ([step], [loss])


def test_a_recipe_says_what_its_trainings_come_to(demo: Service) -> None:
    runs = _fetch_runs(demo)
    losses: dict[str, list[float]] = {}
    for run in runs:
        if run["kind"] == "TRAIN":
            (val_loss,) = (metric for metric in run["metrics"] if metric["key"] == "val_loss")
            losses.setdefault(run["parent"]["name"], []).append(val_loss["last"]["value"])
    families = {run["parent"]["name"] for run in runs if run["kind"] == "GROUP" and run["parent"]}
    found = {
        run["name"]: {metric["key"]: metric["last"]["value"] for metric in run["metrics"]}
        for run in runs
        if run["kind"] == "GROUP" and run["name"] not in families and run["metrics"]
    }

    assert set(found) == set(losses) - families
    for name, figures in found.items():
        assert figures["final_val_loss/count"] == len(losses[name])
        assert figures["final_val_loss/mean"] == statistics.fmean(losses[name])
        assert figures.get("final_val_loss/std") == (statistics.stdev(losses[name]) if len(losses[name]) > 1 else None)


def test_importing_twice_changes_nothing(demo: Service, some_lines: Path) -> None:
    before = _fetch_runs(demo)
    done = _run_import(demo.url, some_lines, "--create-workspace")

    assert (done.returncode, done.stderr) == (0, "")
    assert "345 runs (345 were there already)" in done.stdout
    assert _fetch_runs(demo) == before


def test_an_import_that_was_killed_is_completed_by_running_it_again(demo: Service, some_lines: Path) -> None:
    command = [sys.executable, "-m", "whence.command_line", "import", "--create-workspace", "--quiet"]
    killed = subprocess.Popen(
        [*command, "--url", demo.url, "--workspace", "second", str(some_lines)], env=clean_environment()
    )
    with Service(demo.url, workspace="second") as second:
        while not _count_runs(second) > 170:
            assert killed.poll() is None
            time.sleep(0.02)
        killed.kill()
        killed.wait()
        reached = _count_runs(second)
        done = _run_import(demo.url, some_lines, workspace="second")
        completed = _describe(_fetch_runs(second))

    assert 170 < reached < 345
    assert (done.returncode, done.stderr) == (0, "")
    assert len(completed) == 345
    assert set(completed) <= set(_describe(_fetch_runs(demo)))


def _count_runs(service: Service) -> int:
    """How many runs the workspace has; none while it is still to be made."""
    try:
        return int(service.execute("{ runs(first: 1) { totalCount { value } } }")["runs"]["totalCount"]["value"])
    except Problem as problem:
        if problem.code != "NOT_FOUND":
            raise
        return 0


def test_a_line_that_the_record_refuses_is_told_by_line_and_field(demo: Service, tmp_path: Path) -> None:
    file = tmp_path / "orphan.jsonl"
    file.write_text(
        '{"kind": "run", "id": "019b2f00-0000-7000-8000-000000000009", "experiment": "e", "name": "n",'
        ' "parent": "019b2f00-0000-7000-8000-00000000000a"}\n'
    )
    done = _run_import(demo.url, file)

    assert done.returncode == 4
    assert done.stderr.startswith(f"whence: {file}, line 1, parent: ")
    assert done.stderr.endswith("(NOT_FOUND)\n")


def test_another_description_of_a_known_run_is_refused(demo: Service, lines: Path, tmp_path: Path) -> None:
    file = tmp_path / "changed.jsonl"
    line = next(line for line in lines.read_text().splitlines() if '"TRAIN"' in line)
    file.write_text(line.replace('"licence":"MIT"', '"licence":"mine"') + "\n")
    before = _fetch_runs(demo)
    done = _run_import(demo.url, file)

    assert done.returncode == 4
    assert "(CONFLICT)" in done.stderr
    assert _fetch_runs(demo) == before
