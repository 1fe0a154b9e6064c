"""What a run ran in is recorded, without secrets, and is enough to do it again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.sdk.scripts import RUN, Scripts
from tests.servers.service_process import ServiceProcess, clean_environment
from whence.service import Service
from whence.snapshot.builds import read_build, read_image_digest
from whence.snapshot.secrets import scrub_arguments, scrub_remote, scrub_text

ON = {"WHENCE_SNAPSHOT": "git,packages,machine,build"}
TOKEN = "ghp_" + "a1B2" * 9


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(scripts: Scripts) -> Path:
    """A clone with one published commit; scripts of the test lie in it."""
    origin = scripts.folder / "origin.git"
    git(scripts.folder, "init", "-q", "--bare", str(origin))
    folder = scripts.folder / "work"
    git(scripts.folder, "clone", "-q", str(origin), str(folder))
    (folder / "model.py").write_text("LAYERS = 2\n")
    (folder / ".gitignore").write_text("spool/\nscript_*\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "push", "-q", "origin", "HEAD")
    return folder


def read_file(url: str, path: str) -> bytes:
    return httpx.get(f"{url}/w/default/runs/{RUN}/files/{path}").raise_for_status().content


def reproduce(url: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "whence.command_line", "reproduce", RUN, "--url", url, *options]
    return subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=False)


def test_a_run_says_which_code_and_packages_it_ran_and_can_be_done_again(
    service: ServiceProcess, scripts: Scripts, repository: Path
) -> None:
    (repository / "model.py").write_text(f"LAYERS = 3\nTOKEN = '{TOKEN}'\n")
    work = Scripts(repository)
    said = work.run(
        service.url,
        f"""
        import sys
        sys.argv += ["--lr", "0.1", "--api-key", "hunter22"]
        whence.seed_all(7)
        run = whence.init(id="{RUN}")
        print(run.reproducibility, file=sys.stderr)
        """,
        environment=ON,
    )

    commit = git(repository, "rev-parse", "HEAD")
    snapshot = msgspec.json.decode(read_file(service.url, "whence/snapshot.json"))
    assert snapshot["git"]["commit"] == commit
    assert snapshot["git"]["dirty"] is True
    assert snapshot["entry_point"] == "script_0.py"
    assert snapshot["arguments"] == ["--lr", "0.1", "--api-key", "[secret]"]
    assert snapshot["seed"] == 7
    assert any(line.startswith("msgspec==") for line in snapshot["packages"]["python"])
    patch = read_file(service.url, "whence/changes.patch").decode()
    assert "+LAYERS = 3" in patch
    assert TOKEN not in patch
    assert "snapshot sha256:" in said
    assert "missing" not in said.replace("missing: packages", "")

    target = scripts.folder / "again"
    done = reproduce(service.url, "--write", str(target))
    assert done.returncode == 0, done.stderr
    script = (target / "reproduce.sh").read_text()
    assert f"git checkout --detach {commit}" in script
    assert ".venv/bin/python script_0.py --lr 0.1 --api-key '[secret]'" in script
    assert "a secret was taken out" in done.stderr
    (target / "reproduce.sh").write_text(script[: script.index("python3")])  # packages come from elsewhere
    subprocess.run(["sh", "reproduce.sh"], cwd=target, check=True, capture_output=True)
    assert (target / "code" / "model.py").read_text() == "LAYERS = 3\nTOKEN = '[secret]'\n"
    lines = _ask_code(service.url)
    assert lines == {"commit": commit, "dirty": True, "repository": f"{repository.parent}/origin.git"}


def _ask_code(url: str) -> dict[str, Any]:
    document = """query Code($of: [NodeRef!]!) { lineage(of: $of, direction: UPSTREAM, maxDepth: 1) {
      nodes { edges { node { __typename ... on CodeRevision { repository commit dirty } } } } } }"""
    with Service(url) as connected:
        found = connected.execute(document, {"of": [{"run": RUN}]})["lineage"]["nodes"]["edges"]
    (code,) = [edge["node"] for edge in found if edge["node"]["__typename"] == "CodeRevision"]
    return {key: value for key, value in code.items() if key != "__typename"}


def test_what_is_missing_to_do_a_run_again_is_said(service: ServiceProcess, scripts: Scripts) -> None:
    said = scripts.run(
        service.url,
        f"""
        import sys
        run = whence.init(id="{RUN}", snapshot=["machine"])
        run.use_dataset("imagenet")
        print(run.reproducibility, file=sys.stderr)
        """,
    )

    assert "missing: code: no git repository was found" in said
    assert "missing: packages: switched off" in said
    assert "missing: seeds: call whence.seed_all(n)" in said
    assert "missing: data: imagenet has no version" in said
    answer = reproduce(service.url, "--json")
    assert msgspec.json.decode(answer.stdout)["missing"][0].startswith("code: no git repository")


def test_a_run_without_a_snapshot_cannot_be_done_again(service: ServiceProcess, scripts: Scripts) -> None:
    scripts.run(service.url, f'whence.init(id="{RUN}", snapshot=False).finish()')
    done = reproduce(service.url)

    assert done.returncode == 1
    assert "cannot be done again: snapshot: the run recorded none" in done.stderr


def test_data_that_is_gone_is_missing_to_do_a_run_again(service: ServiceProcess, scripts: Scripts) -> None:
    scripts.run(
        service.url, f'whence.init(id="{RUN}", snapshot=True).use_dataset("s3://a/b", version="1")', environment=ON
    )
    described = """mutation D($i: DescribeNodeInput!) { describeNode(input: $i) { __typename } }"""
    facts = {"availability": {"state": "ERASED", "since": "2026-05-01T00:00:00Z", "reason": "a request"}}
    node = {"dataset": {"namespace": "s3://a", "name": "b", "version": "1"}}
    with Service(service.url) as connected:
        connected.execute(described, {"i": {"node": node, "facts": facts}})
    done = reproduce(service.url)

    assert "# data: s3://a/b@1" in done.stdout
    assert "data: s3://a/b@1 is erased since 2026-05-01" in done.stderr


def test_seeding_makes_a_training_the_same_again(service: ServiceProcess, scripts: Scripts) -> None:
    said = scripts.run(
        service.url,
        f"""
        import numpy, random, sys
        run = whence.init(id="{RUN}")
        drawn = []
        for _ in range(2):
            assert whence.seed_all(2**40) == ["python", "numpy"]
            drawn.append((random.random(), float(numpy.random.rand())))
        run.log_generators()
        print(drawn[0] == drawn[1], file=sys.stderr)
        """,
    )

    assert said == "True\n"
    assert len(read_file(service.url, "whence/generators.pickle")) > 1000


def test_how_busy_the_machine_is_becomes_metrics(service: ServiceProcess, scripts: Scripts) -> None:
    scripts.run(
        service.url,
        f"""
        import time
        from whence.tracking import system
        system.SystemMetrics.__init__.__kwdefaults__["interval"] = 0.2
        run = whence.init(id="{RUN}", system=True)
        time.sleep(1.5)
        """,
    )

    document = 'query S($run: ID!) { run(id: $run) { series(prefix: "system/") { nodes { key } } } }'
    with Service(service.url) as connected:
        found = {one["key"] for one in connected.execute(document, {"run": RUN})["run"]["series"]["nodes"]}
    assert {"system/cpu", "system/memory", "system/process/memory", "system/network/sent"} <= found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"token = '{TOKEN}'", "token = '[secret]'"),
        ("AWS_SECRET_ACCESS_KEY=abcd1234efgh", "AWS_SECRET_ACCESS_KEY=[secret]"),
        ("id AKIAABCDEFGHIJKLMNOP.", "id [secret]."),
        ('password: "correct horse"', 'password: "[secret] horse"'),
        ("password = os.environ['X']", "password = os.environ['X']"),
        ("postgres://ana:pw@db/x", "postgres://[secret]@db/x"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nrest", "[secret]\nrest"),
        ("tokens_per_step = 4", "tokens_per_step = 4"),
        ("the learning rate is 0.1", "the learning rate is 0.1"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, expected: str) -> None:
    assert scrub_text(text) == expected


def test_arguments_and_addresses_lose_their_secrets() -> None:
    assert scrub_arguments(["--token", "abcd", "--lr=0.1", "--password=hunter2", "x"]) == [
        "--token",
        "[secret]",
        "--lr=0.1",
        "--password=[secret]",
        "x",
    ]
    assert scrub_remote("https://ana:token@github.com/a/b.git") == "https://github.com/a/b.git"
    assert scrub_remote("git@github.com:a/b.git") == "git@github.com:a/b.git"


def test_a_build_server_and_an_image_are_known_by_their_variables() -> None:
    found = read_build({"GITHUB_ACTIONS": "true", "GITHUB_SHA": "abc", "GITHUB_TOKEN": "secret"})
    digest = "sha256:" + "0" * 64

    assert found == {"server": "GitHub Actions", "GITHUB_SHA": "abc"}
    assert read_build({}) == {}
    assert read_image_digest({"CONTAINER_IMAGE": f"repo/image@{digest}"}) == digest
