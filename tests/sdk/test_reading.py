"""What was recorded comes back: as objects, frames, arrays, and as answers about lineage and words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sdk.scripts import RUN, Scripts
from tests.servers.service_process import ServiceProcess
from whence.failures import Problem
from whence.reading.client import Client
from whence.settings import Settings

OTHER = RUN[:-1] + "2"


@pytest.fixture
def client(service: ServiceProcess, scripts: Scripts) -> Iterator[Client]:
    """A client of a service with two runs."""
    for number, run in enumerate((RUN, OTHER)):
        scripts.run(
            service.url,
            f"""
            params = {{"lr": 0.1 * {number + 1}, "layers": [1, 2]}}
            run = whence.init("gpt2", "seed {number}", id="{run}", params=params, tags={{"team": "nlp"}})
            run.use_dataset("s3://data/corpus", version="3", role="train")
            for step in range(5):
                run.log({{"loss": 3 - step / 8 - {number}, "bad": float("nan")}}, step=step)
            run.note("a spike at step three")
            run.register_model(run.log_artifact("s3://models/{number}.pt", kind="model"), "gpt2")
            """,
        )
    with Client(Settings(url=service.url)) as connected:
        yield connected


def test_runs_come_back_as_objects_frames_and_arrays(client: Client) -> None:
    found = client.runs("last(loss) < 2.8 and tag.team = nlp", experiment="gpt2", order="last(loss)")

    assert [run.name for run in found] == ["seed 1", "seed 0"]
    first = found[0]
    assert (first.id, first.experiment, first.status, first.kind) == (OTHER, "gpt2", "FINISHED", "TRAIN")
    assert first.params == {"layers": [1, 2], "lr": 0.2}
    assert first.tags == {"team": "nlp"}
    assert (first.summaries["loss"].last, first.summaries["loss"].step, first.summaries["loss"].min) == (1.5, 4, 1.5)
    assert first.summaries["bad"].last != first.summaries["bad"].last, "NaN is NaN"
    assert found[:1].rows()[0]["param.lr"] == 0.2

    series = first.metrics("loss")
    assert series.steps.tolist() == [0, 1, 2, 3, 4]
    assert series.values.tolist() == [2.0, 1.875, 1.75, 1.625, 1.5]
    assert series.values.dtype == "float64"
    assert (series.exact, series.count, len(series)) == (True, 5, 5)
    assert len(first.metrics("absent")) == 0
    assert first.metrics("loss", steps=(1, 2)).steps.tolist() == [1, 2]

    frame = found.to_pandas()
    assert frame["loss"].tolist() == [1.5, 2.5]
    assert frame["tag.team"].tolist() == ["nlp", "nlp"]
    columns = found.to_polars()
    assert columns["param.lr"].to_list() == [0.2, 0.1]
    assert columns["param.layers"].to_list() == ["[1, 2]", "[1, 2]"]
    assert client.run(RUN).name == "seed 0"
    assert [run.name for run in client.runs(where={"param": {"key": "lr", "is": {"lt": 0.15}}})] == ["seed 0"]
    assert len(client.runs(first=1)) == 1


def test_lineage_impact_and_search_are_answered_with_objects(client: Client) -> None:
    up = client.lineage("model:gpt2/1")
    assert up.complete
    assert {(node.kind, node.depth) for node in up} >= {("ModelVersion", 0), ("ArtifactVersion", 1), ("Run", 2)}

    broken = client.impact("dataset:s3://data/corpus@3")
    assert {node.kind for node in broken} >= {"Run", "ModelVersion"}
    assert {node.influence for node in broken if node.kind == "ModelVersion"} == {"WEIGHTS"}
    assert len(client.lineage(client.run(RUN), direction="downstream", depth=1)) > 1

    hits = client.search("spike", kinds=["NOTE"])
    assert [hit.kind for hit in hits] == ["Note", "Note"]
    assert "spike" in hits[0].fragments[0]


def test_a_question_with_a_mistake_says_where_it_is(client: Client) -> None:
    with pytest.raises(Problem, match="expected"):
        client.runs("last(loss <")
    with pytest.raises(Problem):
        client.run("0198f3a0-0000-7000-8000-00000000ffff")
