"""What a script prints is on the terminal as ever, and in its run by line."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests.sdk.scripts import RUN, Scripts
from tests.servers.service_process import ServiceProcess, clean_environment
from whence.failures import Problem
from whence.service import Service

ON = {"WHENCE_CONSOLE": "on"}
_CONSOLE = """query C(
  $run: ID!, $stream: String! = "stdout", $from: Int64! = 0, $lines: Int! = 1000, $contains: String
) {
  console(run: $run, stream: $stream, fromLine: $from, lines: $lines, contains: $contains) {
    writers { lines } lines { number text } nextLine
  }
}"""


def ask(url: str, **asked: Any) -> tuple[list[tuple[int, str]], int | None]:
    with Service(url) as service:
        found = service.execute(_CONSOLE, {"run": RUN, **asked})["console"]
    return [(line["number"], line["text"]) for line in found["lines"]], found["nextLine"]


def test_lines_are_found_by_their_range_and_text_and_the_terminal_has_them_too(
    service: ServiceProcess, scripts: Scripts
) -> None:
    with scripts.start(
        service.url,
        f"""
        import sys, logging
        logging.basicConfig(stream=sys.stderr, format="%(message)s")
        run = whence.init(id="{RUN}")
        for step in range(2500):
            print("step", step)
        logging.warning("Loss spike")
        for part in range(5):
            sys.stdout.write(f"\\rprogress {{part}}")
        print()
        print("token = ghp_{"a1B2" * 9}")
        sys.stdout.write("no newline")
        run.finish()
        print("after")
        """,
        environment=ON,
    ) as process:
        printed, said = process.communicate(timeout=120)

    assert process.returncode == 0, said
    assert printed.startswith("step 0\nstep 1\n")
    assert printed.endswith("no newlineafter\n")
    assert said == "Loss spike\n"
    assert ask(service.url, lines=2) == ([(0, "step 0"), (1, "step 1")], 2)
    assert ask(service.url, **{"from": 2498}) == (
        [
            (2498, "step 2498"),
            (2499, "step 2499"),
            (2500, "progress 4"),
            (2501, "token = [secret]"),
            (2502, "no newline"),
        ],
        None,
    )
    assert ask(service.url, contains="STEP 24", lines=3)[0] == [(24, "step 24"), (240, "step 240"), (241, "step 241")]
    assert ask(service.url, stream="stderr") == ([(0, "Loss spike")], None)
    command = [sys.executable, "-m", "whence.command_line", "log", RUN, "--grep", "progress", "--number"]
    done = subprocess.run(
        [*command, "--url", service.url], env=clean_environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "   2500  progress 4\n"


def test_of_several_attempts_the_last_one_is_meant(service: ServiceProcess, scripts: Scripts) -> None:
    for word in ("first", "second"):
        scripts.run(service.url, f'run = whence.init(id="{RUN}")\nprint("{word}")', environment=ON)

    assert ask(service.url) == ([(0, "second")], None)
    with Service(service.url) as connected:
        writers = connected.execute(_CONSOLE, {"run": RUN})["console"]["writers"]
    assert writers == [{"lines": 1}, {"lines": 1}]


@pytest.mark.parametrize(
    "asked", [{"lines": 0}, {"lines": 10_001}, {"from": -1}, {"run": "0198f3a0-0000-7000-8000-00000000ffff"}]
)
def test_a_range_that_cannot_be_is_refused(service: ServiceProcess, scripts: Scripts, asked: dict[str, Any]) -> None:
    scripts.run(service.url, f'whence.init(id="{RUN}").finish()')

    with Service(service.url) as connected, pytest.raises(Problem):
        connected.execute(_CONSOLE, {"run": RUN, **asked})
