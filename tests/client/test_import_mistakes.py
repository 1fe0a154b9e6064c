"""A line that cannot be taken is told by file, line and field, and nothing is sent."""

from pathlib import Path

import pytest

from tests.client.scripted_server import accept, serve
from whence.command_line import main
from whence.failures import BadLine
from whence.importing.lines import read_entry

ID = "019b2f00-0000-7000-8000-000000000002"
RUN = f'{{"kind": "run", "id": "{ID}", "experiment": "e", "name": "n"'


def _series(columns: str) -> str:
    return f'{RUN}, "series": [{{"key": "loss", {columns}}}]}}'


@pytest.mark.parametrize(
    ("line", "field", "said"),
    [
        ("[1, 2]", "", "expected `object`, got `array`"),
        ("{", "", "is not a JSON object"),
        ("NaN", "", "is not a JSON object"),
        ("{}", "kind", "is missing"),
        ('{"kind": "runs"}', "kind", "invalid value 'runs'"),
        ('{"kind": 1}', "kind", "expected `str`"),
        ('{"kind": "run", "experiment": "e", "name": "n"}', "id", "is missing"),
        (RUN.replace(ID, "7") + "}", "id", "invalid UUID"),
        (RUN + ', "color": "red"}', "color", "is not a field of this kind of line"),
        (RUN.replace('"n"', '""') + "}", "name", "expected `str` of length >= 1"),
        (RUN + f', "parent": "{ID}"}}', "parent", "is the run itself"),
        (RUN + ', "startedAt": "2026-11-23"}', "startedAt", "invalid RFC3339"),
        (RUN + ', "startedAt": "2026-11-23T10:00:00"}', "startedAt", "expected `datetime` with a timezone"),
        (RUN + ', "endedAt": "2026-11-23T10:00:00Z"}', "endedAt", "`status` does not say how the run ended"),
        (
            RUN + ', "status": "FAILED", "startedAt": "2026-11-23T10:00:00Z", "endedAt": "2026-11-23T09:00:00Z"}',
            "endedAt",
            "is before `startedAt`",
        ),
        (RUN + ', "tags": {"a": 1}}', "tags[...]", "expected `str`, got `int`"),
        (RUN + ', "params": {"lr": NaN}}', "", "is not a JSON object"),
        (RUN + ', "params": {"lr": {"type": "DOUBLE", "text": "1"}}}', "params.lr.type", "invalid enum value 'DOUBLE'"),
        (RUN + ', "notes": [{"text": "a"}, {"text": ""}]}', "notes[1].text", "expected `str` of length >= 1"),
        (RUN + ', "artifacts": [{"name": "a", "size": 1e30}]}', "artifacts[0].size", "expected `int | null`"),
        (_series('"steps": [0]'), "series[0].values", "is missing"),
        (_series('"values": [1]'), "series[0].steps", "is missing"),
        (_series('"steps": [0, 1], "values": [1]'), "series[0].steps", "has 2 entries, but there are 1 values"),
        (_series('"steps": [0], "values": ["nan"]'), "series[0].values[0]", "invalid enum value 'nan'"),
        (_series('"steps": [0], "values": [null]'), "series[0].values[0]", "expected `float | str`, got `null`"),
        (_series('"steps": [9223372036854775808], "values": [1]'), "series[0].steps[0]", "<= 9223372036854775807"),
        (_series('"steps": [0.5], "values": [1]'), "series[0].steps[0]", "expected `int`, got `float`"),
        (_series('"steps": [0], "values": [1], "timesMs": []'), "series[0].timesMs", "has 0 entries"),
        (_series('"steps": [0], "values": [1], "valuesPacked": ""'), "series[0].values", "given twice"),
        (_series('"steps": [0], "valuesPacked": "!"'), "series[0].valuesPacked", "is not base64"),
        (_series('"steps": [0], "valuesPacked": "AAAA"'), "series[0].valuesPacked", "3 bytes"),
        (
            _series('"steps": [0], "values": [1], "timesMs": [1], "time": "2026-11-23T10:00:00Z"'),
            "series[0].time",
            "not both",
        ),
        (f'{{"kind": "metrics", "run": "{ID}", "series": []}}', "series", "expected `array` of length >= 1"),
        (f'{{"kind": "note", "run": "{ID}", "text": "\\ud800"}}', "", "is not a JSON object"),
    ],
)
def test_a_bad_line_names_its_field(line: str, field: str, said: str) -> None:
    with pytest.raises(BadLine) as caught:
        read_entry(line.encode(), source="f", number=7)

    assert caught.value.field == field
    assert said in str(caught.value)
    assert str(caught.value).startswith("f, line 7")


def test_a_line_of_more_than_64_mib_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadLine, match="is longer than 64 MiB"):
        read_entry(b" " * ((64 << 20) + 1), source="f", number=1)


def test_all_mistakes_of_a_file_are_told_and_nothing_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "runs.jsonl"
    file.write_text(f'{RUN}}}\n\n{{"kind": "run"}}\n{RUN}}}\nnonsense\n')
    with serve(accept) as server:
        code = main(["import", "--url", server.url, str(file)])

    lines = capsys.readouterr().err.splitlines()
    assert code == 4
    assert server.requests == []
    assert lines[0] == f"whence: {file}, line 3, id: is missing"
    assert lines[1].startswith(f"whence: {file}, line 5: is not a JSON object")
    assert lines[2] == "whence: nothing was sent"


def test_a_file_is_read_no_further_than_its_twentieth_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "runs.jsonl"
    file.write_text("{}\n" * 30)
    code = main(["import", "--check", str(file)])

    assert code == 4
    assert len(capsys.readouterr().err.splitlines()) == 21


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torn = tmp_path / "torn.jsonl.gz"
    torn.write_bytes(b"\x1f\x8b\x08\x00")
    codes = [main(["import", str(path)]) for path in (tmp_path / "absent.jsonl", torn, tmp_path)]

    said = capsys.readouterr().err.splitlines()
    assert codes == [4, 4, 4]
    assert said[0].endswith("absent.jsonl: No such file or directory")
    assert said[1].startswith(f"whence: cannot read {torn}: ")
    assert said[2] == f"whence: cannot read {tmp_path / 'lines.jsonl'}: No such file or directory"
