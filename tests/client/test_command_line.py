"""The command `whence` as a person meets it: options, exit codes, one sentence instead of a traceback."""

import gzip
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from tests.client.scripted_server import Answer, accept, in_turn, serve
from whence import __version__, command_line
from whence.command_line import main
from whence.settings import Settings, read_settings

NOWHERE = "http://127.0.0.1:9"
LINE = '{"kind": "run", "id": "019b2f00-0000-7000-8000-000000000002", "experiment": "e", "name": "n"}\n'


def _whence(*arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "whence.command_line", *arguments],
        input=stdin,
        capture_output=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("WHENCE_")} | environment,
        timeout=60,
        check=False,
    )


def test_the_version_is_that_of_the_distribution() -> None:
    done = _whence("--version")

    assert (done.returncode, done.stdout.decode()) == (0, f"whence {__version__}\n")


def test_a_service_that_is_not_there_is_one_sentence_and_exit_code_3() -> None:
    done = _whence("status", WHENCE_URL=NOWHERE)

    assert done.returncode == 3
    assert done.stdout == b""
    assert done.stderr.decode().startswith(f"whence: no answer from {NOWHERE}: ")
    assert done.stderr.count(b"\n") == 1


def test_an_import_asks_whether_the_service_is_there_before_it_waits(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    file.write_text(LINE)
    done = _whence("import", str(file), "--url", NOWHERE)

    assert done.returncode == 3
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [[], ["rebuild-everything"], ["import"], ["import", "--connections", "0", "f"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
    assert "usage: whence" in capsys.readouterr().err


def test_lines_come_from_files_and_standard_input_compressed_or_not(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_text(LINE.replace("002", "003"))
    packed.write_bytes(gzip.compress(LINE.replace("002", "004").encode()))
    with serve(accept) as server:
        done = _whence("import", "-", str(plain), str(packed), stdin=LINE.encode(), WHENCE_URL=server.url)

    assert done.returncode == 0
    assert done.stdout.decode().startswith("imported 3 lines: 3 runs, 0 points, in ")
    assert {request.body["variables"]["run"]["id"][-1] for request in server.requests} == {"2", "3", "4"}


def test_options_stand_before_or_after_the_subcommand_and_win_over_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WHENCE_WORKSPACE", "from-environment")
    monkeypatch.setenv("WHENCE_URL", NOWHERE)
    file = tmp_path / "runs.jsonl"
    file.write_text(LINE)
    with serve(accept) as server:
        main(["--url", server.url, "import", str(file)])
        main(["--url", NOWHERE, "--workspace", "x", "import", "--url", server.url, "--workspace", "last", str(file)])

    assert [request.path for request in server.requests] == ["/w/from-environment/graphql", "/w/last/graphql"]


def test_a_workspace_is_made_where_that_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    file.write_text(LINE)
    with serve(accept) as server:
        code = main(["import", "--create-workspace", "--workspace", "demo", "--url", server.url, str(file)])

    assert code == 0
    assert [request.path for request in server.requests] == ["/w/default/graphql", "/w/demo/graphql"]
    assert server.requests[0].body["variables"] == {"input": {"name": "demo"}}


def projection(name: str, **fields: object) -> dict[str, object]:
    even = {"generation": 1, "trusted": True, "lagRows": 0, "lagSeconds": 0.0, "deadLetters": 0, "waitsFor": None}
    return {"name": name, **even, **fields}


def test_status_tells_version_workspace_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    counts = {
        "workspace": {"name": "demo"},
        "experiments": {"totalCount": {"value": 3, "exact": True}},
        "runs": {"totalCount": {"value": 10_000, "exact": False}},
        "projections": [
            projection("graph", lagRows=3, lagSeconds=1.25, deadLetters=1, waitsFor="it did not answer"),
            projection("index"),
        ],
    }
    with serve(in_turn(Answer({"data": counts}))) as server:
        code = main(["status", "--url", server.url])

    assert code == 0
    assert capsys.readouterr().out.splitlines() == [
        f"service      {server.url}",
        f"version      9.9.9 (this client: {__version__})",
        "ready        yes",
        "workspace    demo",
        "experiments  3",
        "runs         at least 10000",
        "graph        3 changes behind, for 1.2 s; waits: it did not answer; 1 refused, tried again",
        "index        up to date",
    ]


def test_a_broken_command_of_another_distribution_does_not_take_the_others_with_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = EntryPoint(name="serve", value="no_such_module:add_command", group=command_line.GROUP)
    monkeypatch.setattr(command_line, "entry_points", lambda group: [broken])
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr()

    assert shown.err == (
        "whence: the command 'serve' (no_such_module:add_command) cannot be loaded: No module named 'no_such_module'\n"
    )
    assert all(f"    {name}" in shown.out for name in command_line.COMMANDS)


def test_a_command_does_not_load_the_others() -> None:
    code = "import sys; from whence.command_line import main; main(['serve', '--help'])"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code], capture_output=True, timeout=60, check=False
    )

    assert b"--data" in done.stdout
    assert b"httpx" not in done.stderr
    assert b"rich" not in done.stderr


def test_settings_come_from_the_environment_and_empty_ones_count_as_absent() -> None:
    given = {"WHENCE_URL": "http://host:1", "WHENCE_TOKEN": "", "WHENCE_WORKSPACE": "team"}

    assert read_settings(given) == Settings(url="http://host:1", token=None, workspace="team")
    assert read_settings({}) == Settings(url="http://127.0.0.1:8900", token=None, workspace="default")
