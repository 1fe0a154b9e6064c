"""Files that a script logs reach the service: at once, later, or by `whence sync`, and come back the same."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import httpx
import pytest

from tests.sdk.scripts import NOWHERE, RUN, Scripts
from tests.servers.service_process import ServiceProcess
from whence.failures import Problem, WhenceError
from whence.files.downloading import download, download_artifact, find_within
from whence.service import Service

WEIGHTS = bytes(range(256)) * 10_000
DIGEST = f"sha256:{hashlib.sha256(WEIGHTS).hexdigest()}"


def write_weights(folder: Path) -> Path:
    path = folder / "model.pt"
    path.write_bytes(WEIGHTS)
    return path


def read_file(url: str, path: str) -> bytes:
    return httpx.get(f"{url}/w/default/runs/{RUN}/files/{path}").raise_for_status().content


def log_weights(path: Path) -> str:
    return f"""
        run = whence.init(id="{RUN}", resume="allow")
        model = run.log_artifact("{path}", kind="model")
        assert model.digest == "{DIGEST}" and model.size == {len(WEIGHTS)}
        open("{path}", "wb").write(b"changed at once")
        """


def test_the_bytes_of_a_file_reach_the_service_as_they_were_when_it_was_logged(
    service: ServiceProcess, scripts: Scripts
) -> None:
    assert scripts.run(service.url, log_weights(write_weights(scripts.folder))) == ""

    assert read_file(service.url, "model.pt") == WEIGHTS
    assert list(scripts.spool.rglob("*")) == [], "nothing stays behind"


def test_a_folder_is_one_artifact_whose_files_are_each_there_once(service: ServiceProcess, scripts: Scripts) -> None:
    folder = scripts.folder / "checkpoint"
    (folder / "optimizer").mkdir(parents=True)
    for name in ("a.bin", "optimizer/b.bin"):
        (folder / name).write_bytes(WEIGHTS)
    scripts.run(service.url, f'whence.init(id="{RUN}").log_artifact("{folder}", kind="checkpoint", step=7)')

    assert read_file(service.url, "checkpoint/optimizer/b.bin") == WEIGHTS
    manifest = httpx.get(f"{service.url}/w/default/runs/{RUN}/files/checkpoint").content
    target = scripts.folder / "fetched"
    with Service(service.url) as connected:
        digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
        media_type = "application/vnd.whence.manifest+json"
        found = download_artifact(connected, digest, media_type, target)
    assert sorted(path.relative_to(target).as_posix() for path in found) == ["a.bin", "optimizer/b.bin"]
    stored = [path for path in (scripts.folder / "service" / "artifacts").rglob("*") if path.is_file()]
    assert len(stored) == 2, "the bytes and the manifest"


@pytest.mark.parametrize(
    ("url", "settings"), [(NOWHERE, {"WHENCE_EXIT_WAIT": "0.3"}), (None, {"WHENCE_MODE": "offline"})]
)
def test_files_that_wait_are_sent_by_sync(
    service: ServiceProcess, scripts: Scripts, url: str | None, settings: dict[str, str]
) -> None:
    said = scripts.run(url or service.url, log_weights(write_weights(scripts.folder)), environment=settings)
    staged = [path for path in scripts.spool.rglob("*") if path.name == DIGEST.removeprefix("sha256:")]
    assert "wait in" in said
    assert [path.read_bytes() for path in staged] == [WEIGHTS]

    if url is None:
        assert "uploaded     1 of 1 files" in scripts.sync()
        assert read_file(service.url, "model.pt") == WEIGHTS
        assert list(scripts.spool.rglob("*")) == []
    else:
        assert "waiting      http://127.0.0.1:9" in scripts.sync(code_of_exit=3)


def test_the_next_process_of_a_run_sends_the_files_that_the_one_before_it_left(
    service: ServiceProcess, scripts: Scripts
) -> None:
    code = log_weights(write_weights(scripts.folder))
    scripts.run(service.url, code, environment={"WHENCE_MODE": "offline"})
    scripts.run(service.url, f'whence.init(id="{RUN}").finish()')

    assert read_file(service.url, "model.pt") == WEIGHTS


def test_a_file_that_is_not_there_and_one_that_stays_where_it_is_end_no_training(
    service: ServiceProcess, scripts: Scripts
) -> None:
    path = write_weights(scripts.folder)
    said = scripts.run(
        service.url,
        f"""
        run = whence.init(id="{RUN}")
        assert run.log_artifact("{path.parent}/absent.pt").digest is None
        kept = run.log_artifact("{path}", "big.pt", upload=False)
        assert kept.digest == "{DIGEST}" and kept.uri == "file://{path}"
        """,
    )

    assert "absent.pt cannot be read: No such file or directory" in said
    assert httpx.get(f"{service.url}/w/default/runs/{RUN}/files/big.pt").status_code == 404


def test_a_large_upload_goes_on_where_a_killed_one_ended(service: ServiceProcess, tmp_path: Path) -> None:
    from whence.files import uploading

    data = os.urandom(5 << 20)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    path = tmp_path / "large"
    path.write_bytes(data)
    sent = 0

    def count(size: int) -> None:
        nonlocal sent
        sent += size

    with Service(service.url) as connected:
        headers = {"Upload-Offset": "0", "Upload-Length": str(len(data))}
        connected.send("PATCH", f"/artifacts/{digest}", content=iter([data[: 3 << 20]]), headers=headers)
        original, uploading.PART = uploading.PART, 1 << 20
        try:
            uploading.upload(connected, digest, path, progress=count)
        finally:
            uploading.PART = original
        download(connected, digest, tmp_path / "back")

    assert sent == 2 << 20
    assert (tmp_path / "back").read_bytes() == data


def test_a_download_goes_on_where_it_ended_and_refuses_other_bytes(service: ServiceProcess, tmp_path: Path) -> None:
    from whence.files.uploading import upload

    path = write_weights(tmp_path)
    target = tmp_path / "there" / "model.pt"
    target.parent.mkdir()
    with Service(service.url) as connected:
        upload(connected, DIGEST, path)
        (target.parent / "model.pt.part").write_bytes(WEIGHTS[:1000])
        download(connected, DIGEST, target)
        assert target.read_bytes() == WEIGHTS
        (target.parent / "model.pt.part").write_bytes(b"other")
        with pytest.raises(WhenceError, match="other bytes"):
            download(connected, DIGEST, target)
        with pytest.raises(Problem, match="no bytes"):
            download(connected, "sha256:" + "0" * 64, target)


def test_a_digest_that_is_none_writes_nothing(service: ServiceProcess, tmp_path: Path) -> None:
    with Service(service.url) as connected, pytest.raises(WhenceError, match="is not the digest"):
        download(connected, "sha256:../../evil", tmp_path / "deep" / "x")

    assert list(tmp_path.glob("deep")) == []


def test_a_full_disk_records_the_digest_of_a_file_that_cannot_be_kept(
    service: ServiceProcess, scripts: Scripts
) -> None:
    path = write_weights(scripts.folder)
    said = scripts.run(
        service.url,
        f"""
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        run = whence.init(id="{RUN}")
        assert run.log_artifact("{path}").digest == "{DIGEST}"
        """,
    )

    assert "is not uploaded: no copy can be kept (File too large); its digest is recorded" in said
    with Service(service.url) as connected:
        document = "query F($run: ID!) { run(id: $run) { artifacts { nodes { path digest } } } }"
        found = connected.execute(document, {"run": RUN})["run"]["artifacts"]["nodes"]
    assert found == [{"path": "model.pt", "digest": DIGEST}]


@pytest.mark.parametrize("path", ["../x", "a/../../x", "", "/", "a\0b"])
def test_no_path_of_a_run_leads_out_of_the_folder_that_it_is_put_in(tmp_path: Path, path: str) -> None:
    with pytest.raises(WhenceError):
        find_within(tmp_path, path)
