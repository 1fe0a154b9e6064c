"""A script keeps its best and newest checkpoint by name; another one finds them, and so does a person."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.sdk.scripts import RUN, Scripts
from tests.servers.service_process import ServiceProcess, clean_environment
from whence.files.choices import parse_choice

NEXT = RUN[:-1] + "2"


def record(service: ServiceProcess, scripts: Scripts) -> None:
    scripts.run(
        service.url,
        f"""
        import os
        os.chdir({str(scripts.folder)!r})
        run = whence.init("gpt2", "first", id="{RUN}")
        best = 9.0
        for step, loss in enumerate([3.0, 2.0, 2.5], start=1):
            open("last.pt", "w").write(f"weights of step {{step}}")
            run.log_artifact("last.pt", kind="checkpoint", step=step, alias="best" if loss < best else None)
            best = min(best, loss)
        run.log_artifact("s3://models/far.pt", alias=["far", "kept"])
        """,
    )


def artifacts(service: ServiceProcess, *words: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "whence.command_line", "artifacts", RUN, *words]
    environment = clean_environment() | {"WHENCE_URL": service.url}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_next_script_goes_on_from_the_best_checkpoint(service: ServiceProcess, scripts: Scripts) -> None:
    record(service, scripts)
    scripts.run(
        service.url,
        f"""
        import os
        os.chdir({str(scripts.folder)!r})
        run = whence.init("gpt2", "second", id="{NEXT}")
        before = whence.Client().run("{RUN}")
        found = before.artifact("last.pt", alias="best")
        assert (found.version, found.step, found.aliases) == (2, 2, ("best",))
        assert found.download("best.pt").read_text() == "weights of step 2"
        assert before.artifact("last.pt").version == before.artifact("last.pt", alias="latest").version == 3
        assert before.artifact("last.pt", version=1).step == 1
        run.use_artifact(found, role="initialise")
        assert [one.path for one in before.artifacts()][:4] == ["last.pt"] * 3 + ["far.pt"]
        assert before.artifact("far.pt").aliases == ("far", "kept")
        find_absent = lambda: before.artifact("last.pt", alias="worst")
        for mistake in (find_absent, lambda: before.artifact("far.pt").download("x")):
            try:
                mistake()
            except whence.WhenceError as exc:
                print(exc)
            else:
                raise AssertionError
        before.set_artifact_alias("last.pt", "kept", 1)
        """,
    )

    asked = artifacts(service, "last.pt@kept", "--json")
    assert [(one["version"], one["aliases"]) for one in json.loads(asked)] == [(1, ["kept"])]
    lineage = subprocess.run(
        [sys.executable, "-m", "whence.command_line", "lineage", f"run:{NEXT}"],
        env=clean_environment() | {"WHENCE_URL": service.url},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert "first" in lineage, "the second script came of the first one"


def test_a_person_lists_fetches_and_renames_versions(service: ServiceProcess, scripts: Scripts) -> None:
    record(service, scripts)
    target = scripts.folder / "fetched"

    listed = [line.split("\t")[:3] for line in artifacts(service, "*.pt").splitlines()]
    assert listed == [
        ["path", "version", "aliases"],
        ["last.pt", "1", ""],
        ["last.pt", "2", "best"],
        ["last.pt", "3", ""],
        ["far.pt", "1", "far, kept"],
    ]
    for asked, step in (("last.pt@best", 2), ("last.pt@1", 1), ("last.pt", 3), ("last.pt@latest", 3)):
        artifacts(service, asked, "--get", str(target))
        assert (target / "last.pt").read_text() == f"weights of step {step}"
    assert "has no file 'last.pt@worst'" in artifacts(service, "last.pt@worst", "--get", str(target), code=4)

    moved = artifacts(service, "last.pt@3", "--alias", "best", "--json")
    assert [(one["version"], one["aliases"]) for one in json.loads(moved)] == [(1, []), (2, []), (3, ["best"])]
    artifacts(service, "last.pt", "--drop-alias", "best")
    assert "best" not in artifacts(service)
    assert "an alias is of one path; 2 of run" in artifacts(service, "*.pt", "--alias", "x", code=4)


def test_a_choice_is_read_as_it_is_typed() -> None:
    assert parse_choice("model.pt") == ("model.pt", None, None)
    assert parse_choice("model.pt@3") == ("model.pt", None, 3)
    assert parse_choice("a/model.pt@best") == ("a/model.pt", "best", None)
    assert parse_choice("user@host/model.pt") == ("user@host/model.pt", None, None)
    assert parse_choice("@x") == ("@x", None, None)
