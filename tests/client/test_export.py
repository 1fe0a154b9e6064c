"""An experiment goes out into a folder and comes back the same, in a service that knew nothing of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from demo.__main__ import DIGITS
from tests.sdk.scripts import RUN, Scripts
from tests.servers.service_process import ServiceProcess, clean_environment, run_service_process


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
        "alias": 1,
        "deploy": 3,
        "undeploy": 2,
    }
    assert {kind: kinds.count(kind) for kind in expected} == expected
    edges = next(json.loads(line)["edges"] for line in first if json.loads(line)["kind"] == "lineage")
    assert len([edge for edge in edges if edge["kind"] == "USED"]) >= 30


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
        model = run.log_artifact("model.pt", kind="checkpoint", step=4)
        run.log_artifact("deep")
        run.log({{"accuracy": 0.5}}, on=test, of=model)
        run.note("first", created_by="ana")
        run.note("second")
        run.register_model(model, "gpt2", alias="candidate")
        """,
    )
    first, second = go_round(service.url, "gpt2", tmp_path)

    assert second == first
    lines = [json.loads(line) for line in first]
    run = next(line for line in lines if line["kind"] == "run")
    notes = [(line["text"], line.get("createdBy")) for line in lines if line["kind"] == "note"]
    assert notes == [("first", "ana"), ("second", None)]
    roles = {line["file"]["path"]: line["file"]["role"] for line in lines if line["kind"] == "artifact"}
    assert (roles["model.pt"], roles["deep"], roles["whence/snapshot.json"]) == ("CHECKPOINT", "OUTPUT", "LOG")
    assert run["environment"]["hardware"]
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
