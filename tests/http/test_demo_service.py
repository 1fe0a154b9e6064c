"""`whence serve --demo` on a fresh folder, and the examples of GraphiQL on what it then holds."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from api.demo_loading import MARK
from api.pages.graphiql import EXAMPLES, read_example
from tests.servers.service_process import clean_environment

COMMAND = (sys.executable, "-m", "whence.command_line", "serve", "--demo", "--port", "0", "--data")
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.graphql"))
ROOT = Path(__file__).parents[2]
COUNT = "{ runs(first: 1) { totalCount { value exact } } }"


@dataclass(frozen=True, slots=True)
class DemoService:
    """A running service, and what it printed."""

    printed: list[str]
    http: httpx.AsyncClient

    @property
    def graphql(self) -> str:
        return self.printed[1].split()[1]

    async def run(self, name: str) -> dict[str, Any]:
        """Run an example and return its data."""
        example = read_example(EXAMPLES / f"{name}.graphql")
        body = {"query": example["query"], "variables": json.loads(example["variables"] or "{}")}
        answer = (await self.http.post(self.graphql, json=body)).json()
        assert "errors" not in answer, answer["errors"]
        return dict(answer["data"])


@asynccontextmanager
async def serve_demo(folder: Path) -> AsyncIterator[DemoService]:
    """Run the service until the block ends; wait until the demo is there. `printed` is whole after the block."""
    greeting = 4 if (folder / MARK).exists() else 5
    with (
        (folder / "service.log").open("a") as log,
        subprocess.Popen(
            [*COMMAND, folder], env=clean_environment(), stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout is not None
        printed: list[str] = []
        try:
            printed += [await asyncio.to_thread(process.stdout.readline) for _ in range(greeting)]
            async with httpx.AsyncClient(timeout=30) as http, asyncio.timeout(300):
                while not (folder / MARK).exists():
                    assert "demo_import_failed" not in (folder / "service.log").read_text()
                    await asyncio.sleep(0.1)
                yield DemoService(printed, http)
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 20)
            printed.extend(process.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
async def demo(folder: Path) -> AsyncIterator[DemoService]:
    """A service that has imported its demo, for all tests of this module."""
    async with serve_demo(folder) as service:
        yield service


async def test_the_addresses_are_those_of_the_demos_workspace_and_it_holds_the_runs(demo: DemoService) -> None:
    answer = await demo.http.post(demo.graphql, json={"query": COUNT})

    assert demo.graphql.endswith("/w/demo/graphql")
    assert demo.printed[4] == "The demo is being imported: until it is in, its examples may answer NOT_FOUND.\n"
    assert answer.json()["data"]["runs"]["totalCount"] == {"value": 940 + 157 + 18, "exact": True}


@pytest.mark.parametrize("name", [name for name in NAMES if not "06" <= name < "10"])
async def test_an_example_that_asks_gets_an_answer_with_something_in_it(demo: DemoService, name: str) -> None:
    found = await demo.run(name)

    assert [value for value in _leaves(found) if value is not None] != []
    assert [field for field, value in found.items() if value in ([], {}) or _has_no_nodes(value)] == []


def read_commands() -> list[str]:
    """Return what the README and the guides tell a reader to ask of the demo in a terminal."""
    pages = [ROOT / "README.md", ROOT / "docs" / "search.md", ROOT / "docs" / "lineage.md"]
    blocks = re.findall(r"^```\w*\n(.*?)^```$", "".join(map(Path.read_text, pages)), re.MULTILINE | re.DOTALL)
    return re.findall(r"^whence (?:lineage|search|runs|show) .*$", "".join(blocks), re.MULTILINE)


async def test_what_the_readme_and_the_guides_ask_of_the_demo_has_an_answer(demo: DemoService, tmp_path: Path) -> None:
    commands = read_commands()
    environment = clean_environment() | {"WHENCE_URL": demo.graphql.partition("/w/")[0], "WHENCE_WORKSPACE": "demo"}
    silent = []
    for command in commands:
        asked = [*COMMAND[:3], *shlex.split(command.partition(" # ")[0])[1:]]
        done = await asyncio.to_thread(
            subprocess.run, asked, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        if done.returncode or ("--svg" not in command and len(done.stdout.splitlines()) < 2):
            silent.append((command, done.stdout, done.stderr))

    assert silent == []
    assert len(commands) >= 6


async def test_the_examples_of_lineage_have_answers_of_several_levels(demo: DemoService) -> None:
    """By hand, from the story that examples/digits/story.py tells, and from the notes."""
    whence = (await demo.run("10_whence_came_this_model"))["lineage"]
    breaks = (await demo.run("11_what_breaks_if_this_is_bad"))["impact"]
    leak = (await demo.run("12_has_it_seen_its_test_data"))["leakage"]
    rests = (await demo.run("13_what_does_this_number_rest_on"))["explainMetric"]
    ways = (await demo.run("14_how_are_they_connected"))["paths"]
    differ = (await demo.run("15_how_do_two_models_differ"))["compareLineage"]
    then = (await demo.run("16_as_it_was_then"))["lineage"]
    recipes = (await demo.run("17_which_recipe_started_from_which"))["lineage"]

    depths = {edge["label"]: edge["depth"] for edge in whence["nodes"]["edges"]}
    assert (depths["digits-ensemble 1"], depths["ensemble"], depths["train wide"]) == (0, 2, 4)
    assert "digits/test 1" not in depths
    assert whence["completeness"]["explained"]
    live = [edge["label"] for edge in breaks["nodes"]["edges"] if edge["node"]["__typename"] == "DeploymentRevision"]
    assert live[0] == "production /digits 2"
    assert {(one["grade"], one["kind"]) for one in leak["findings"]["nodes"]} >= {("PROVEN", "SAME_VERSION")}
    assert rests["measuredOn"]["version"] == {"name": "1", "dataset": {"name": "test"}}
    assert {(one["version"]["dataset"]["name"], one["version"]["name"]) for one in rests["trainedOn"]} == {
        ("train", "1"),
        ("train", "2"),
    }
    assert rests["notDeclared"] == []
    assert ways["totalCount"]["exact"]
    assert [pair["name"] for pair in differ["otherVersion"]["nodes"]] == []
    assert {param["key"] for param in differ["params"]} == {"epochs", "lr", "model"}
    assert then["nodes"]["edges"][0]["label"] == "digits-classifier 1"
    assert max(edge["depth"] for edge in recipes["nodes"]["edges"]) == 7


async def test_the_examples_of_search_find_what_the_notes_say(demo: DemoService) -> None:
    """By hand, from reading the notes."""
    before = (await demo.run("18_where_did_we_see_this_before"))["search"]
    trainings = (await demo.run("19_runs_by_number_and_parameter"))["search"]
    ancestors = (await demo.run("20_notes_about_its_ancestors"))["search"]

    assert before["edges"][0]["node"]["on"]["name"] == "2025-09-10_Yarn"
    assert before["edges"][0]["why"][0] == '"attention window" stands in its text (as a phrase)'
    losses = [run["metrics"][0]["last"]["value"] for run in trainings["nodes"]]
    assert losses == sorted(losses)
    assert trainings["totalCount"]["value"] == sum(one["count"] for one in trainings["facets"][0]["buckets"]) + (
        trainings["facets"][0]["other"] + trainings["facets"][0]["missing"]
    )
    assert "20260501_contra_muon" in {edge["node"]["on"]["name"] for edge in ancestors["edges"]}
    assert ancestors["completeness"] == {"complete": True, "reasons": []}


async def test_the_examples_that_write_run_one_after_the_other_and_again(demo: DemoService) -> None:
    first = [await demo.run(name) for name in ("06_record_a_run", "07_log_its_metrics", "09_add_a_note")]
    again = [await demo.run(name) for name in ("06_record_a_run", "07_log_its_metrics", "09_add_a_note")]

    assert [field for answer in (*first, *again) for field, value in answer.items() if "code" in value] == []
    assert first[0]["createRun"]["run"]["id"] == again[0]["createRun"]["run"]["id"]
    assert first[1]["logMetrics"]["accepted"] == 4


async def test_the_example_that_watches_sees_what_the_other_writes(demo: DemoService) -> None:
    await demo.run("06_record_a_run")
    example = read_example(EXAMPLES / "08_watch_it_learn.graphql")
    payload = {"query": example["query"], "variables": json.loads(example["variables"])}
    address = demo.graphql.replace("http", "ws")
    async with asyncio.timeout(20), connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await socket.send('{"type": "connection_init"}')
        await socket.recv()
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        seen: list[Any] = []
        while not any(event["series"] for event in seen):
            await demo.run("07_log_its_metrics")
            message = json.loads(await socket.recv())
            assert message["type"] == "next", message
            seen.append(message["payload"]["data"]["metricAppended"])

    assert {series["key"] for series in seen[-1]["series"]} == {"val_loss"}


async def test_a_second_start_imports_nothing(demo: DemoService, folder: Path) -> None:
    mark = (folder / MARK).stat().st_mtime_ns
    other = folder / "other"
    other.mkdir()
    (other / MARK).touch()
    async with serve_demo(other) as service:
        answer = await service.http.post(service.graphql, json={"query": "{ __typename }"})

    assert answer.status_code == 404
    assert service.printed[3:] == [line for line in service.printed if "Documents" in line]
    assert (folder / MARK).stat().st_mtime_ns == mark


def _has_no_nodes(value: object) -> bool:
    return isinstance(value, dict) and value.get("nodes") == []


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in _leaves(part)]
    if isinstance(value, list):
        return [leaf for part in value for leaf in _leaves(part)]
    return [value]
