"""Files reach the service whole and once, whatever happens on the way: cuts, repeats, and who is killed meanwhile."""

from __future__ import annotations

import hashlib
import os
import random
import signal
from pathlib import Path

import httpx

from tests.sdk.proxies import relay, unreliable
from tests.sdk.scripts import RUN, Scripts
from tests.servers.service_process import ServiceProcess, run_service_process, start_and_kill

MEGABYTE = 1 << 20
PATIENT = {"WHENCE_EXIT_WAIT": "120"}
SLOW = 4e6
"""Bytes a second: so that a file of some megabytes is long under way."""


def write_files(folder: Path, count: int, size: int) -> dict[str, bytes]:
    """Return files of random bytes by name."""
    files = {f"file{number}": os.urandom(size) for number in range(count)}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return files


def log_files(folder: Path, names: list[str]) -> str:
    """Return a script that logs files, says so, and waits for the service."""
    return f"""
        run = whence.init(id="{RUN}", resume="allow")
        for name in {names}:
            run.log_artifact("{folder}/" + name)
        run.flush()
        print("logged", flush=True)
        run.finish()
        """


def check(url: str, data: Path, scripts: Scripts, files: dict[str, bytes]) -> None:
    """Assert that the service has those files and no others, and that nothing waits for it any more."""
    for name, content in files.items():
        assert httpx.get(f"{url}/w/default/runs/{RUN}/files/{name}").raise_for_status().content == content
    digests = {hashlib.sha256(content).hexdigest() for content in files.values()}
    assert {path.name for path in (data / "artifacts").rglob("*") if path.is_file()} == digests
    assert list((data / "uploads").rglob("*.part")) == []
    assert list(scripts.spool.rglob("*")) == []


def test_a_proxy_that_drops_answers_and_repeats_requests_does_no_harm(
    service: ServiceProcess, scripts: Scripts, is_long: bool
) -> None:
    files = write_files(scripts.folder, 20 if is_long else 6, 100_000)
    with unreliable(service.url, seed=5) as proxy:
        scripts.run(proxy, log_files(scripts.folder, list(files)), environment=PATIENT)

    check(service.url, scripts.folder / "service", scripts, files)


def test_a_connection_that_is_cut_within_a_file_goes_on_from_there(
    service: ServiceProcess, scripts: Scripts, is_long: bool
) -> None:
    size = (20 if is_long else 6) * MEGABYTE
    files = write_files(scripts.folder, 1, size)
    with relay(service.url, cut_within=5 * MEGABYTE, seed=3) as proxy:
        scripts.run(proxy.url, log_files(scripts.folder, list(files)), environment=PATIENT)
        sent = proxy.passed

    check(service.url, scripts.folder / "service", scripts, files)
    assert size < sent < 3 * size, "not from the beginning each time"


def test_a_script_that_is_killed_within_an_upload_leaves_it_to_be_gone_on_with(
    service: ServiceProcess, scripts: Scripts, is_long: bool
) -> None:
    moments = random.Random(11)
    size = 6 * MEGABYTE
    files: dict[str, bytes] = {}
    with relay(service.url) as proxy:
        for _ in range(10 if is_long else 2):
            files = write_files(scripts.folder, 1, size)
            proxy.rate = SLOW
            before = proxy.passed
            with scripts.start(proxy.url, log_files(scripts.folder, list(files)), environment=PATIENT) as training:
                assert training.stdout is not None
                training.stdout.readline()
                proxy.wait_until_passed(before + 2 * MEGABYTE + moments.randrange(2 * MEGABYTE))
                training.kill()
            proxy.rate = float("inf")
            before = proxy.passed
            assert "uploaded     1 of 1 files" in scripts.sync()
            assert proxy.passed - before < size - MEGABYTE // 2, "what had arrived is not sent again"
            found = httpx.get(f"{service.url}/w/default/runs/{RUN}/files/file0").raise_for_status().content
            assert found == files["file0"]

    assert list((scripts.folder / "service" / "uploads").rglob("*.part")) == []
    assert list(scripts.spool.rglob("*")) == []


def test_a_service_that_is_killed_within_an_upload_goes_on_with_it(
    database_url: str, scripts: Scripts, is_long: bool
) -> None:
    data = scripts.folder / "service"
    data.mkdir()
    files = write_files(scripts.folder, 2, 6 * MEGABYTE)
    with run_service_process(database_url, data) as first:
        port = first.url.rsplit(":", 1)[1]
        with relay(first.url, rate=SLOW) as proxy:
            training = scripts.start(proxy.url, log_files(scripts.folder, list(files)), environment=PATIENT)
            proxy.wait_until_passed(2 * MEGABYTE)
            first.process.send_signal(signal.SIGKILL)
            first.process.wait()
            start_and_kill(database_url, data, port=port, times=5 if is_long else 1, after_s=0.5)
            with run_service_process(database_url, data, arguments=["--port", port]) as last:
                _, said = training.communicate(timeout=120)
                assert training.returncode == 0, said
                assert "wait in" not in said
                check(last.url, data, scripts, files)


def test_a_file_that_is_refused_for_good_is_set_aside_by_sync_and_the_others_go_on(
    database_url: str, scripts: Scripts
) -> None:
    data = scripts.folder / "service"
    data.mkdir()
    files = write_files(scripts.folder, 2, 1000) | write_files(scripts.folder, 1, 5000)
    with run_service_process(database_url, data, environment={"WHENCE_ARTIFACTS_MAX_FILE": "2000"}) as running:
        scripts.run(running.url, log_files(scripts.folder, list(files)), environment={"WHENCE_MODE": "offline"})
        said = scripts.sync(code_of_exit=1)

    (refused,) = scripts.spool.rglob("rejected/*")
    assert "uploaded     1 of 2 files" in said
    assert str(refused) in said
    assert refused.read_bytes() == files["file0"]
