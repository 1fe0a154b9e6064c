"""The examples run as they stand, and what they record is what they are examples of."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.checkout import ROOT
from tests.sdk.scripts import QUIET
from tests.servers.service_process import ServiceProcess, clean_environment
from whence.reading.client import Client
from whence.settings import Settings


@pytest.fixture
def client(service: ServiceProcess) -> Iterator[Client]:
    """A client of the service."""
    with Client(Settings(url=service.url)) as connected:
        yield connected


def run_example(url: str, name: str, *arguments: str, spool: Path) -> None:
    environment = clean_environment() | QUIET | {"WHENCE_URL": url, "WHENCE_SPOOL": str(spool)}
    command = [sys.executable, "-m", f"examples.{name}", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_plain_loop_leaves_curves_checkpoints_and_a_model(
    service: ServiceProcess, client: Client, tmp_path: Path
) -> None:
    run_example(service.url, "loop", spool=tmp_path)

    (run,) = client.runs(experiment="line")
    assert (run.status, run.params["lr"], run.tags) == ("FINISHED", 0.1, {"seed": "1"})
    assert run.metrics("train_loss").count == 200
    assert run.summaries["val_loss"].best == run.summaries["val_loss"].min
    origin = [node.label for node in client.lineage("model:line@latest") if node.kind == "DatasetVersion"]
    assert any("line/train" in label for label in origin)
    assert not any("line/test" in label for label in origin)


def test_a_sweep_is_a_group_with_a_choice(service: ServiceProcess, client: Client, tmp_path: Path) -> None:
    run_example(service.url, "sweep", spool=tmp_path)

    found = client.runs(experiment="sweep")
    groups = [run for run in found if run.kind == "GROUP"]
    assert [run.name for run in groups] == ["learning rates"]
    assert {run.parent for run in found if run.kind != "GROUP"} == {groups[0].id}
    best = client.runs("experiment = sweep and param.lr exists", order="last(loss)", first=1)
    assert best[0].params["lr"] == 0.5
    assert [node.kind for node in client.lineage("model:plane@best", depth=1)][:1] == ["ModelVersion"]


def test_a_classifier_of_scikit_learn_says_what_it_was_measured_on(
    service: ServiceProcess, client: Client, tmp_path: Path
) -> None:
    run_example(service.url, "classifier", spool=tmp_path)

    (run,) = client.runs(experiment="iris")
    assert run.summaries["accuracy"].last > 0.9
    assert run.metrics("fold_accuracy").steps.tolist() == [0, 1, 2, 3, 4]
    asked = """query Why($run: ID!) { explainMetric(run: $run, key: "accuracy") {
      measuredOn { version { ... on DatasetVersion { dataset { name } } } } } }"""
    measured = client.execute(asked, {"run": run.id})["explainMetric"]["measuredOn"]
    assert measured["version"]["dataset"]["name"] == "iris/test"


def test_three_scripts_that_never_meet_are_one_lineage(service: ServiceProcess, client: Client, tmp_path: Path) -> None:
    for name, arguments in (("ingest", [tmp_path]), ("train", [tmp_path]), ("deploy", ["r1"])):
        run_example(service.url, f"lineage.{name}", *map(str, arguments), spool=tmp_path / "spool")

    raw = f"sha256:{hashlib.sha256((tmp_path / 'raw.csv').read_bytes()).hexdigest()}"
    broken = client.impact(raw)
    kinds = {node.kind for node in broken}
    assert {"DatasetVersion", "Run", "ArtifactVersion", "ModelVersion", "DeploymentRevision"} <= kinds
    assert [node.live for node in broken if node.kind == "DeploymentRevision"] == [True]
    assert client.lineage("model:plant@champion").complete
