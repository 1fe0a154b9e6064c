"""What a script uses and makes is lineage: data by version, files by digest, models by name."""

import hashlib
from typing import Any

import pytest

from tests.sdk.scripts import RUN, Scripts, fetch_series
from tests.servers.service_process import ServiceProcess
from whence.service import Service

OTHER = RUN[:-1] + "2"

TRAINING = """
run = whence.init(experiment="gpt2", name="seed 1", params={"lr": 0.02}, tags={"team": "nlp"})
data = run.use_dataset("s3://data/fineweb10B", version="3", role="train")
test = run.use_dataset("s3://data/hellaswag", version="1", role="test")
for step in range(1000):
    loss, val = 3 - step / 1000, 3.1 - step / 1000
    run.log({"train_loss": loss, "val_loss": val}, step=step)
run.note("Loss spike at 300, gone with longer warm-up.")
model = run.log_artifact("model.pt", kind="model")
acc = 0.31
run.log({"test_acc": acc}, on=test, of=model)
run.register_model(model, name="gpt2", alias="candidate")
run.finish()
"""


def ask(url: str, document: str, **variables: Any) -> dict[str, Any]:
    with Service(url) as service:
        data: dict[str, Any] = service.execute(document, variables)
    return data


def fetch_upstream(url: str, reference: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = ask(
        url,
        """query Upstream($of: [NodeRef!]!) { lineage(of: $of, direction: UPSTREAM) {
          nodes(first: 50) { edges { depth node { __typename
            ... on DatasetVersion { name digest size dataset { namespace name } }
            ... on Run { name } ... on ArtifactVersion { uri digest size mediaType }
            ... on ModelVersion { name aliases } } } }
          links(first: 50) { nodes { kind role subset } }
        } }""",
        of=[reference],
    )["lineage"]
    return found


def test_a_training_from_data_to_a_registered_model_is_written_down(service: ServiceProcess, scripts: Scripts) -> None:
    script = (
        f"import pathlib, os\nos.chdir({str(scripts.folder)!r})\npathlib.Path('model.pt').write_bytes(b'w' * 5000)\n"
    )

    assert scripts.run(service.url, script + TRAINING) == ""

    found = fetch_upstream(service.url, {"model": {"name": "gpt2", "alias": "candidate"}})
    nodes = [edge["node"] for edge in found["nodes"]["edges"]]
    datasets = [node for node in nodes if node["__typename"] == "DatasetVersion"]
    assert [(one["dataset"]["namespace"], one["dataset"]["name"], one["name"]) for one in datasets] == [
        ("s3://data", "fineweb10B", "3")
    ], "the test set is no ancestor of the model"
    (file,) = [node for node in nodes if node["__typename"] == "ArtifactVersion"]
    assert file["digest"] == f"sha256:{hashlib.sha256(b'w' * 5000).hexdigest()}"
    assert (file["size"], file["mediaType"]) == (5000, "application/x-pytorch")
    explained = ask(
        service.url,
        'query Why($run: ID!) { explainMetric(run: $run, key: "test_acc") { point { value } '
        "measuredOn { version { ...Data } } trainedOn { version { ...Data } } } } "
        "fragment Data on DatasetVersion { name dataset { name } }",
        run=_only_run(service.url),
    )["explainMetric"]
    assert explained["point"]["value"] == 0.31
    assert explained["measuredOn"]["version"] == {"name": "1", "dataset": {"name": "hellaswag"}}
    assert explained["trainedOn"] == [{"version": {"name": "3", "dataset": {"name": "fineweb10B"}}}]


def _only_run(url: str) -> str:
    (run,) = ask(url, "{ runs { nodes { uuid } } }")["runs"]["nodes"]
    return str(run["uuid"])


def test_data_without_a_version_is_known_by_its_content(service: ServiceProcess, scripts: Scripts) -> None:
    folder = scripts.folder / "data"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.csv").write_text("1,2\n")
    (folder / "deep" / "b.csv").write_text("3,4\n")
    said = scripts.run(
        service.url,
        f"""
        import numpy, pandas, polars
        run = whence.init(id="{RUN}")
        folder = run.use_dataset("{folder}", role="train")
        file = run.use_dataset("{folder}/a.csv", subset="head", source=True)
        frame = pandas.DataFrame({{"x": [1, 2], "y": ["a", None]}})
        first = run.use_dataset(frame, name="features")
        assert first == run.use_dataset(frame.copy(), name="features")
        assert first.version != run.use_dataset(frame.iloc[::-1], name="features").version, "the order of rows counts"
        assert run.use_dataset(polars.DataFrame({{"x": [1]}}), name="polars").digest.startswith("sha256:")
        assert run.use_dataset(numpy.arange(6).reshape(2, 3), name="grid").size == 48
        assert run.use_dataset("nowhere/imagenet").version is None
        run.log({{"loss": 1}}, on=folder)
        """,
    )

    assert "dataset 'nowhere/imagenet' has no version" in said
    found = fetch_upstream(service.url, {"run": RUN})
    nodes = [edge["node"] for edge in found["nodes"]["edges"]]
    versions = {node["dataset"]["name"]: node for node in nodes if node["__typename"] == "DatasetVersion"}
    entries = [("a.csv", b"1,2\n"), ("deep/b.csv", b"3,4\n")]
    files = ",".join(
        f'{{"digest":"sha256:{hashlib.sha256(raw).hexdigest()}","path":"{path}","size":4}}' for path, raw in entries
    )
    manifest = f'{{"files":[{files}],"format":"whence-manifest/1"}}'
    digest = f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
    assert versions[str(folder)] | {"__typename": None} == {
        "__typename": None,
        "name": digest,
        "digest": digest,
        "size": 8,
        "dataset": {"namespace": "file", "name": str(folder)},
    }
    assert versions[f"{folder}/a.csv"]["name"] == f"sha256:{hashlib.sha256(b'1,2' + bytes([10])).hexdigest()}"
    assert {"features", "polars", "grid"} <= versions.keys()
    assert {"kind": "USED", "role": "TRAIN", "subset": None} in found["links"]["nodes"]
    assert {"kind": "USED", "role": "INPUT", "subset": "head"} in found["links"]["nodes"]


def test_a_fork_a_group_and_an_earlier_model_are_edges(service: ServiceProcess, scripts: Scripts) -> None:
    scripts.run(
        service.url,
        f"""
        run = whence.init("gpt2", id="{RUN}")
        run.register_model(run.log_artifact("s3://models/base.pt", kind="checkpoint", step=7), "base", version="1")
        run.finish()
        fork = whence.init("gpt2", id="{OTHER}", forked_from=run, fork_step=7, group="tuning")
        fork.use_artifact({{"model": {{"name": "base", "version": "1"}}}}, role="initialise")
        fork.define_metric("loss", goal="minimize", unit="nats")
        """,
    )

    found = fetch_upstream(service.url, {"run": OTHER})
    assert {(link["kind"], link["role"]) for link in found["links"]["nodes"]} >= {
        ("CONTINUED_AS", None),
        ("USED", "INITIALISE"),
        ("GENERATED", "CHECKPOINT"),
        ("REGISTERED_AS", None),
    }


def test_tables_images_and_texts_are_files_of_the_run(service: ServiceProcess, scripts: Scripts) -> None:
    said = scripts.run(
        service.url,
        f"""
        import numpy, pandas
        run = whence.init(id="{RUN}")
        run.log_table("predictions", pandas.DataFrame({{"x": [1, 2], "p": [0.5, float("nan")]}}), step=3)
        run.log_table("rows", [{{"a": 1}}, {{"a": 2, "b": "c"}}])
        run.log_image("digit", numpy.zeros((4, 5)), step=3)
        run.log_text("sample", "Once upon a time", step=3)
        run.log_image("broken", numpy.zeros(3))
        """,
    )

    assert "image 'broken' cannot be read" in said
    found = ask(
        service.url,
        "query Files($run: ID!) { run(id: $run) { artifacts { nodes { path mediaType size step } } } }",
        run=RUN,
    )["run"]["artifacts"]["nodes"]
    assert [(one["path"], one["mediaType"], one["step"]) for one in found] == [
        ("tables/predictions/00000003.json", "application/vnd.whence.table+json", 3),
        ("tables/rows/00000000.json", "application/vnd.whence.table+json", 0),
        ("images/digit/00000003.png", "image/png", 3),
        ("texts/sample/00000003.txt", "text/plain", 3),
    ]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("s3://data/fineweb10B", ("s3://data", "fineweb10B")),
        ("gs://bucket/a/b/", ("gs://bucket", "a/b")),
        ("hdfs://host:8020/warehouse/t", ("hdfs://host:8020", "warehouse/t")),
        ("postgres://ana:secret@db:5432/shop/orders", ("postgres://db:5432", "shop/orders")),
        ("abfss://box@account.dfs.core.windows.net/t", ("abfss://box@account.dfs.core.windows.net", "t")),
        ("file:///srv/data.csv", ("file", "/srv/data.csv")),
    ],
)
def test_an_address_is_a_name_in_a_namespace_without_its_password(uri: str, expected: tuple[str, str]) -> None:
    from whence.datasets.names import split_uri

    assert split_uri(uri) == expected


def test_points_may_name_what_they_were_measured_on_in_any_way(service: ServiceProcess, scripts: Scripts) -> None:
    said = scripts.run(
        service.url,
        f"""
        from pathlib import Path
        run = whence.init(id="{RUN}")
        run.log({{"a": 1}}, step=0, on={{"dataset": {{"namespace": "n", "name": "d", "version": "1"}}}}, subset="x")
        run.log({{"b": 2}}, step=0, on=object())
        """,
    )

    assert "names neither data nor a file nor a model" in said
    assert fetch_series(service.url, RUN, "a", "b") == {"a": [(0, 1)], "b": [(0, 2)]}
