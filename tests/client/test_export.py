"""An experiment goes out into a folder and comes back the same, in a service that knew nothing of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.__main__ import DIGITS, PARTS, encode
from demo.lines import TRACKS
from tests.sdk.scripts import RUN, Scripts
from tests.servers.service_process import ServiceProcess, clean_environment, run_service_process
from whence.exporting import reading
from whence.exporting.exporter import export
from whence.service import Service


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[ServiceProcess]:
    """A running service over an empty record."""
    data = tmp_path / "service"
    data.mkdir()
    with run_service_process(database_url, data) as running:
        yield running


def whence(url: str, *words: str, workspace: str = "default", code: int = 0) -> str:
    command = [sys.executable, "-m", "whence.command_line", *words]
    environment = clean_environment() | {"WHENCE_URL": url, "WHENCE_WORKSPACE": workspace}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def go_round(url: str, experiment: str, folder: Path) -> tuple[list[str], list[str]]:
    """Export, import into an empty workspace, export again, and return the lines of both."""
    first, second = folder / "first", folder / "second"
    whence(url, "export", experiment, str(first))
    whence(url, "import", str(first), "--create-workspace", "--quiet", workspace="copy")
    whence(url, "export", experiment, str(second), workspace="copy")
    return (first / "lines.jsonl").read_text().splitlines(), (second / "lines.jsonl").read_text().splitlines()


def test_the_demo_comes_back_with_the_same_ids_and_digests(service: ServiceProcess, tmp_path: Path) -> None:
    whence(service.url, "import", str(DIGITS), "--quiet")
    first, second = go_round(service.url, "digits", tmp_path)

    # Runs stand in the order of their numbers, which an import by four connections gives as it comes.
    assert sorted(set(first) ^ set(second)) == []
    assert sorted(second) == sorted(first)
    kinds = [json.loads(line)["kind"] for line in first]
    expected = {
        "experiment": 1,
        "run": 18,
        "note": 1,
        "lineage": 1,
        "register": 5,
        "alias": 2,
        "source": 1,
        "resume": 3,
        "finish": 1,
        "deploy": 3,
        "undeploy": 2,
    }
    assert {kind: kinds.count(kind) for kind in expected} == expected
    edges = next(json.loads(line)["edges"] for line in first if json.loads(line)["kind"] == "lineage")
    assert len([edge for edge in edges if edge["kind"] == "USED"]) >= 30
    lines = list(map(json.loads, first))
    told = [json.loads(line) for line in DIGITS.read_text().splitlines()]
    assert list_champions(lines) == list_champions(told)
    assert count_points(lines) == count_points(told), "superseded ones too, each measured on what it was"


def list_champions(lines: list[dict[str, Any]]) -> list[tuple[str, datetime]]:
    """Return what the alias of the first model meant, and from when."""
    return [(line["version"], datetime.fromisoformat(line["at"])) for line in lines if line["kind"] == "alias"]


def count_points(lines: list[dict[str, Any]]) -> Counter[tuple[str, str, str, str]]:
    """Return how many points there are of each run and key, on and of what."""
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for line in lines:
        for one in line.get("series", ()):
            rests = [json.dumps(name_version(one.get(end)), sort_keys=True) for end in ("on", "of")]
            counts[line.get("run", line.get("id")), one["key"], *rests] += len(one["steps"])
    return counts


def name_version(ref: dict[str, Any] | None) -> object:
    """Return a reference without the registry, which is left out where it is our own."""
    model = None if ref is None else ref.get("model")
    return ref if model is None else (model["name"], model["version"])


def test_what_a_script_recorded_comes_back_with_its_bytes(service: ServiceProcess, tmp_path: Path) -> None:
    Scripts(tmp_path).run(
        service.url,
        f"""
        import os
        os.chdir({str(tmp_path)!r})
        open("model.pt", "wb").write(b"w" * 2000)
        os.makedirs("deep/er"); open("deep/er/x", "w").write("x")
        run = whence.init("gpt2", "seed", id="{RUN}", params={{"lr": 3e-4, "deep": {{"a": [1, None]}}}},
                          tags={{"a": "b"}}, snapshot=["git", "packages", "machine"])
        run.define_metric("loss", goal="minimize", unit="nats")
        data = run.use_dataset("s3://data/corpus", version="3", role="train", subset="first half")
        test = run.use_dataset("s3://data/test", version="1", role="test")
        for step in range(5):
            run.log({{"loss": float("nan") if step == 2 else step / 3}}, step=step)
        model = run.log_artifact("model.pt", kind="checkpoint", step=4, alias="best")
        run.log_artifact("deep")
        run.log_artifact("deep")
        run.log({{"accuracy": 0.5}}, on=test, of=model)
        run.log({{"accuracy": 0.4}}, on=test, subset="hard", of=model)
        run.use_dataset("s3://data/source", version="1", source=True)
        run.note("first", created_by="ana")
        run.note("second")
        run.note("second")
        run.register_model(model, "gpt2", alias="candidate")
        """,
    )
    first, second = go_round(service.url, "gpt2", tmp_path)

    assert second == first
    lines = [json.loads(line) for line in first]
    run = next(line for line in lines if line["kind"] == "run")
    notes = [(line["text"], line.get("createdBy")) for line in lines if line["kind"] == "note"]
    assert notes == [("first", "ana"), ("second", None), ("second", None)]
    roles = {line["file"]["path"]: line["file"]["role"] for line in lines if line["kind"] == "artifact"}
    assert (roles["model.pt"], roles["deep"], roles["whence/snapshot.json"]) == ("CHECKPOINT", "OUTPUT", "LOG")
    assert run["environment"]["hardware"]
    (best,) = [line["file"] for line in lines if line["kind"] == "artifact" and line["file"]["path"] == "model.pt"]
    assert best["aliases"] == ["best"]
    (source,) = [line["node"]["dataset"] for line in lines if line["kind"] == "source"]
    assert (source["namespace"], source["name"], source["version"]) == ("s3://data", "source", "1")
    measured = [one for line in lines if line["kind"] == "metrics" for one in line["series"] if "on" in one]
    assert [(one.get("subset"), one["values"]) for one in measured] == [(None, [0.5]), ("hard", [0.4])]
    assert {json.dumps(one["of"]) for one in measured} == {json.dumps({"uri": f"whence://runs/{RUN}/model.pt"})}
    address = f"{service.url}/w/copy/runs/{RUN}/files/deep/er/x"
    assert httpx.get(address).text == "x"
    summary = json.loads((tmp_path / "first" / "export.json").read_text())
    again = json.loads((tmp_path / "second" / "export.json").read_text())
    assert summary["digest"] == again["digest"]
    assert (summary["runs"], summary["left_out"], summary["without_bytes"]) == (1, 0, [])


def test_an_export_says_what_it_cannot_do(service: ServiceProcess, tmp_path: Path) -> None:
    assert "there is no experiment 'absent'" in whence(service.url, "export", "absent", str(tmp_path / "x"), code=1)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    assert "is not empty" in whence(service.url, "export", "digits", str(tmp_path / "full"), code=4)


def test_a_run_that_was_resumed_comes_back_with_what_was_superseded(service: ServiceProcess, tmp_path: Path) -> None:
    for attempt, first in enumerate((0, 6)):
        Scripts(tmp_path).run(
            service.url,
            f"""
            run = whence.init("gpt2", "resumed", id="{RUN}", resume_from_step={first or None})
            for step in range({first}, 10):
                run.log({{"loss": step + 100 * {attempt}}} | ({{}} if {attempt} else {{"gone": step}}), step=step)
            run.log_artifact("s3://b/{attempt}.pt", step=9)
            """,
        )
    first_lines, second_lines = go_round(service.url, "gpt2", tmp_path)

    assert second_lines == first_lines
    lines = [json.loads(line) for line in first_lines]
    resumed = [(line["attempt"], line.get("fromStep")) for line in lines if line["kind"] == "resume"]
    assert [step for _, step in resumed][-1] == 6
    points = {
        (line["attempt"], one["key"]): one["values"]
        for line in lines
        if line["kind"] == "metrics"
        for one in line["series"]
    }
    before, after = [attempt for attempt, _ in resumed][-2:]
    assert points[before, "loss"] == list(range(10))
    assert points[before, "gone"] == list(range(10))
    assert points[after, "loss"] == [106, 107, 108, 109]
    document = """query C($run: ID!) { metricSeries(run: $run, keys: ["loss"]) { values }
        run(id: $run) { status artifacts { nodes { uri superseded } } } }"""
    with Service(service.url, workspace="copy") as copied:
        answer = copied.execute(document, {"run": RUN})
    assert answer["metricSeries"][0]["values"] == [0, 1, 2, 3, 4, 5, 6, 106, 107, 108, 109]
    assert answer["run"]["status"] == "FINISHED"
    assert answer["run"]["artifacts"]["nodes"] == [
        {"uri": "s3://b/0.pt", "superseded": True},
        {"uri": "s3://b/1.pt", "superseded": False},
    ]


def test_a_series_longer_than_an_answer_is_read_in_parts(
    service: ServiceProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = tmp_path / "long.jsonl"
    steps = [step // 3 for step in range(1000)]
    run = {"kind": "run", "id": RUN, "experiment": "long", "name": "long"}
    series = [{"key": key, "steps": steps, "values": list(range(1000))} for key in ("a", "b")]
    lines.write_text(json.dumps(run | {"series": [*series, {"key": "c", "steps": [1], "values": [1]}]}))
    whence(service.url, "import", str(lines), "--quiet")
    monkeypatch.setattr(reading, "POINTS", 64)
    with Service(service.url) as connected:
        done = export(connected, "long", tmp_path / "out", with_files=False)

    assert done.points == 2001
    found: dict[str, list[int]] = {}
    for line in (tmp_path / "out" / "lines.jsonl").read_text().splitlines():
        for one in json.loads(line).get("series", ()):
            found.setdefault(one["key"], []).extend(one["values"])
    assert found == {"a": list(range(1000)), "b": list(range(1000)), "c": [1]}


def test_the_whole_demo_comes_back_with_equal_digests(
    service: ServiceProcess, tmp_path: Path, *, is_long: bool
) -> None:
    """Trainings, with their 800,000 points, only in the long run: recipes, notes and lineage always."""
    lines = tmp_path / "demo.jsonl"
    demo = [line for line in encode(PARTS) if is_long or b'"runKind":"TRAIN"' not in line]
    lines.write_bytes(b"\n".join(demo) + b"\n")
    whence(service.url, "import", str(lines), "--quiet")
    for experiment in (*TRACKS, "digits"):
        (tmp_path / experiment).mkdir()
        first, second = go_round(service.url, experiment, tmp_path / experiment)
        assert sorted(second) == sorted(first)
