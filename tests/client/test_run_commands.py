"""The commands about runs and their files, typed as people type them, against a running service."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sdk.scripts import RUN, Scripts
from tests.servers.service_process import ServiceProcess, clean_environment, run_service_process
from whence.command_line import COMMANDS

OTHER = RUN[:-1] + "2"


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[ServiceProcess]:
    """A service with two runs, one of which made a file and a folder."""
    data = tmp_path / "service"
    data.mkdir()
    made = tmp_path / "made"
    (made / "deep").mkdir(parents=True)
    (made / "model.pt").write_bytes(b"w" * 3000)
    (made / "deep" / "x").write_text("x")
    with run_service_process(database_url, data) as running:
        for number, run in enumerate((RUN, OTHER)):
            Scripts(tmp_path).run(
                running.url,
                f"""
                run = whence.init("gpt2", "seed <{number}>", id="{run}", params={{"lr": 0.1, "seed": {number}}})
                run.use_dataset("s3://data/corpus", version="3", role="train")
                for step in range(4):
                    run.log({{"loss": 3 - step / 8 - {number}, "nan": float("nan")}}, step=step)
                run.note("a <b>spike</b>")
                run.log_artifact("{made}/model.pt", kind="model")
                run.log_artifact("{made}/deep")
                run.log_artifact("s3://models/elsewhere.pt")
                """,
            )
        yield running


def whence(url: str, *words: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "whence.command_line", *words]
    environment = clean_environment() | {"WHENCE_URL": url}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_run_is_shown_listed_compared_and_its_files_are_fetched(service: ServiceProcess, tmp_path: Path) -> None:
    shown = whence(service.url, "show", RUN)
    assert whence(service.url, "show", "gpt2#1") == shown
    assert "there is no run 9 in an experiment 'gpt2'" in whence(service.url, "show", "gpt2#9", code=4)
    assert json.loads(whence(service.url, "artifacts", "gpt2#2", "--json")) == json.loads(
        whence(service.url, "artifacts", OTHER, "--json")
    )
    assert whence(service.url, "compare", "gpt2#1", OTHER) == whence(service.url, "compare", RUN, "gpt2#2")
    assert whence(service.url, "log", "gpt2#1") == whence(service.url, "log", RUN)
    assert re.search(r"name +gpt2 #1 seed <0>", shown)
    assert "loss\t2.625\t3\t4" in shown
    assert "model.pt\t2.9 KiB\tapplication/x-pytorch" in shown
    assert json.loads(whence(service.url, "show", RUN, "--json"))["name"] == "seed <0>"

    compared = whence(service.url, "compare", RUN, OTHER)
    assert compared.splitlines() == [
        "\tgpt2#1 seed <0>\tgpt2#2 seed <1>",
        "param.seed\t0\t1",
        "loss\t2.625\t1.625",
    ]
    assert "param.lr\t0.1\t0.1" in whence(service.url, "compare", RUN, OTHER, "--all")

    listed = whence(service.url, "artifacts", RUN)
    assert [line.split("\t")[0] for line in listed.splitlines()] == ["path", "model.pt", "deep", "elsewhere.pt"]
    target = tmp_path / "fetched"
    said = whence(service.url, "artifacts", RUN, "--get", str(target))
    assert "fetched 2 files" in said
    assert "the service has not the bytes of elsewhere.pt (s3://models/elsewhere.pt)" in said
    assert (target / "model.pt").read_bytes() == b"w" * 3000
    assert (target / "deep" / "x").read_text() == "x"
    whence(service.url, "artifacts", RUN, "elsewhere.pt", "--get", str(target), code=1)
    assert "has no file 'absent'" in whence(service.url, "artifacts", RUN, "absent", "--get", str(target), code=4)


def test_a_page_of_a_run_stands_alone(service: ServiceProcess, tmp_path: Path) -> None:
    page = tmp_path / "run.html"
    whence(service.url, "show", RUN, "--html", str(page))

    text = page.read_text()
    assert "<title>gpt2 #1 seed &lt;0&gt;</title>" in text
    assert "a &lt;b&gt;spike&lt;/b&gt;" in text
    assert "no finite value" in text
    assert "What it came from" in text
    assert "corpus" in text
    assert re.findall(r"""(?:src|href)=|<script|url\((?!#)|@import""", text) == []
    assert text.count("<svg") == 4, "two curves, what it came from, what came of it"


def test_bytes_that_nobody_names_are_counted_and_deleted(service: ServiceProcess, tmp_path: Path) -> None:
    stored = tmp_path / "service" / "artifacts"
    files = {path for path in stored.rglob("*") if path.is_file()}
    assert len(files) == 3
    stray = next(iter(files)).parents[1] / "00" / ("0" * 64)
    stray.parent.mkdir()
    stray.write_bytes(b"stray")
    old = 1_000_000_000
    os.utime(stray, (old, old))

    assert "1 of 4 files (5 B) would be deleted" in whence(service.url, "gc")
    assert json.loads(whence(service.url, "gc", "--delete", "--json"))["files"] == 1
    assert {path for path in stored.rglob("*") if path.is_file()} == files


def test_every_command_of_the_client_gives_json() -> None:
    without = []
    for name in COMMANDS:
        said = subprocess.run(
            [sys.executable, "-m", "whence.command_line", name, "--help"], capture_output=True, text=True, check=True
        ).stdout
        if "--json" not in said:
            without.append(name)

    assert without == []


def test_a_token_is_long_random_and_fits_a_header() -> None:
    first, second = (whence("http://127.0.0.1:9", "token").strip() for _ in range(2))

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", first)
    assert first != second


def test_a_written_settings_file_says_the_defaults_and_is_never_written_over(tmp_path: Path) -> None:
    from api.settings import COMPONENTS, load_settings

    file = tmp_path / "whence.toml"
    whence("", "init-config", str(file))
    assert "cannot write" in whence("", "init-config", str(file), code=1)
    text = file.read_text()
    for section, component in COMPONENTS.items():
        for name in component.model_fields:
            assert re.search(rf"^#{name} = ", text, re.MULTILINE), f"{section}.{name}"
    (tmp_path / "empty").touch()
    assert load_settings(file=file) == load_settings(file=tmp_path / "empty")
    live = re.sub(r'^#(\w+ = (?!""))', r"\1", text, flags=re.MULTILINE)
    assert tomllib.loads(live)["port"] == 8900
    file.write_text(live)
    assert load_settings(file=file) == load_settings(file=tmp_path / "empty")
