"""Settings: where they come from, and what is said about wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.print_settings import describe_settings
from api.settings import SettingsError, is_loopback, load_settings

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start from an empty folder, without what the environment of the tests may say."""
    monkeypatch.chdir(tmp_path)
    for name in ("TOKEN", "HOST", "PORT", "DATABASE_URL"):
        monkeypatch.delenv(f"WHENCE_{name}", raising=False)


def explain(**given: object) -> list[str]:
    """Return what is wrong with these settings."""
    with pytest.raises(SettingsError) as error:
        load_settings(given=given)
    return error.value.problems


def test_the_command_line_goes_before_the_environment_before_the_file_before_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "whence.toml").write_text(
        'host = "localhost"\nport = 1\nlog_level = "debug"\n[ingest]\ncommitters = 3\n'
    )
    monkeypatch.setenv("WHENCE_PORT", "2")
    monkeypatch.setenv("WHENCE_HOST", "::1")
    settings = load_settings(given={"host": "127.0.0.2"})

    assert (settings.server.host, settings.server.port) == ("127.0.0.2", 2)
    assert (settings.server.log_level, settings.ingest.committers) == ("debug", 3)
    assert settings.server.max_body == 16 * 1024 * 1024


def test_an_empty_variable_counts_as_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "whence.toml").write_text("port = 1\n")
    monkeypatch.setenv("WHENCE_PORT", "")
    monkeypatch.setenv("WHENCE_TOKEN", "")
    settings = load_settings()

    assert (settings.server.port, settings.server.token) == (1, None)


def test_each_wrong_value_is_named_with_its_reason() -> None:
    assert explain(port="99999", max_body="1 bag", log_format="xml", request_seconds=0) == [
        "WHENCE_PORT: Input should be less than or equal to 65535 (it is '99999')",
        "WHENCE_MAX_BODY: could not interpret byte unit: bag (it is '1 bag')",
        "WHENCE_REQUEST_SECONDS: Input should be greater than 0 (it is 0)",
        "WHENCE_LOG_FORMAT: Input should be 'auto', 'console' or 'json' (it is 'xml')",
    ]


def test_a_wrong_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHENCE_DATABASE_URL", "mysql://me:secret@db")

    assert explain(token="with spaces in it") == [
        "WHENCE_TOKEN: must be printable ASCII without spaces",
        "WHENCE_DATABASE_URL: must start with postgresql://",
    ]


def test_names_in_the_file_that_are_no_settings_are_mistakes(tmp_path: Path) -> None:
    (tmp_path / "whence.toml").write_text('prot = 1\n[database]\nurls = "x"\n[databse]\nurl = "x"\n')

    assert explain() == [
        "prot: no setting has this name",
        "databse: no setting has this name",
        "database.urls: no setting has this name",
    ]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "whence.toml").write_text("port =")
    with pytest.raises(SettingsError) as missing:
        load_settings(file=tmp_path / "other.toml")

    assert explain()[0].startswith("whence.toml: ")
    assert missing.value.problems == [f"{tmp_path / 'other.toml'}: no such file"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "whence.example"])
def test_off_loopback_a_token_is_needed(host: str) -> None:
    assert explain(host=host) == [
        f"host {host} can be reached from other machines: set an access token (WHENCE_TOKEN), or listen on 127.0.0.1"
    ]
    assert load_settings(given={"host": host, "token": "x"}).server.host == host


def test_loopback_is_what_other_machines_cannot_reach() -> None:
    hosts = ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "0.0.0.0", "::", "localhost.example", ""]

    assert [is_loopback(host) for host in hosts] == [True] * 5 + [False] * 4


@pytest.mark.parametrize("origin", ["notebooks.example", "https://a.example/", "ftp://a.example", "*"])
def test_what_is_no_origin_is_a_mistake(origin: str) -> None:
    assert explain(allowed_origins=origin)[0].startswith(f"WHENCE_ALLOWED_ORIGINS: {origin!r} is no origin")


def test_the_reference_is_what_the_settings_say() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == describe_settings()
