"""What the client takes from the environment, where no option or argument says it."""

from __future__ import annotations

import math
import os  # the only module of the client that reads the environment
from collections.abc import Mapping
from pathlib import Path

import msgspec

from whence.failures import WhenceError

DEFAULT_URL = "http://127.0.0.1:8900"
DEFAULT_WORKSPACE = "default"
SNAPSHOT_PARTS = ("git", "packages", "machine", "build")
MODES = ("online", "offline", "disabled")


class Settings(msgspec.Struct, frozen=True):
    """Where the service is and who asks."""

    url: str = DEFAULT_URL
    """WHENCE_URL: address of the service, without `/w/...`."""
    token: str | None = None
    """WHENCE_TOKEN: access token, needed where the service listens off loopback."""
    workspace: str = DEFAULT_WORKSPACE
    """WHENCE_WORKSPACE: the workspace that commands read and write."""
    mode: str = "online"
    """WHENCE_MODE: `online` sends at once, `offline` only fills the spool, `disabled` records nothing."""
    experiment: str = "default"
    """WHENCE_EXPERIMENT: the experiment of runs that name none."""
    run_id: str | None = None
    """WHENCE_RUN_ID: UUID of the run that a script begins or goes on with."""
    spool: str | None = None
    """WHENCE_SPOOL: folder of what the service has not taken yet; else `whence/spool` in the user's state folder."""
    exit_wait: float = 15.0
    """WHENCE_EXIT_WAIT: seconds that the end of a run waits for the service at most."""
    snapshot: tuple[str, ...] = SNAPSHOT_PARTS
    """WHENCE_SNAPSHOT: what is recorded of a run's surroundings: `git`, `packages`, `machine`, `build`, or `off`."""
    system: bool = True
    """WHENCE_SYSTEM: `off` logs no system metrics."""
    console: bool = True
    """WHENCE_CONSOLE: `off` records nothing of what is printed."""
    upload_wait: float = 600.0
    """WHENCE_UPLOAD_WAIT: seconds that the end of a run waits at most for its files while the service takes them."""

    @property
    def spool_folder(self) -> Path:
        if self.spool:
            return Path(self.spool)
        state = os.environ.get("XDG_STATE_HOME")  # noqa: TID251
        return (Path(state) if state else Path.home() / ".local" / "state") / "whence" / "spool"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of the environment; an empty variable counts as absent."""
    found = os.environ if environment is None else environment  # noqa: TID251
    return Settings(
        url=found.get("WHENCE_URL") or DEFAULT_URL,
        token=found.get("WHENCE_TOKEN") or None,
        workspace=found.get("WHENCE_WORKSPACE") or DEFAULT_WORKSPACE,
        mode=_read_mode(found.get("WHENCE_MODE") or "online"),
        experiment=found.get("WHENCE_EXPERIMENT") or "default",
        run_id=found.get("WHENCE_RUN_ID") or None,
        spool=found.get("WHENCE_SPOOL") or None,
        exit_wait=_read_seconds("WHENCE_EXIT_WAIT", found.get("WHENCE_EXIT_WAIT") or "15"),
        snapshot=_read_parts(found.get("WHENCE_SNAPSHOT") or ",".join(SNAPSHOT_PARTS)),
        system=_read_switch("WHENCE_SYSTEM", found.get("WHENCE_SYSTEM") or "on"),
        console=_read_switch("WHENCE_CONSOLE", found.get("WHENCE_CONSOLE") or "on"),
        upload_wait=_read_seconds("WHENCE_UPLOAD_WAIT", found.get("WHENCE_UPLOAD_WAIT") or "600"),
    )


def _read_mode(text: str) -> str:
    if text not in MODES:
        raise WhenceError(f"WHENCE_MODE is {text!r}; it should be one of {', '.join(MODES)}")
    return text


def _read_parts(text: str) -> tuple[str, ...]:
    """Return the parts of a snapshot that a text names, separated by commas; `off` names none."""
    parts = () if text == "off" else tuple(part.strip() for part in text.split(",") if part.strip())
    for part in parts:
        if part not in SNAPSHOT_PARTS:
            raise WhenceError(f"WHENCE_SNAPSHOT names {part!r}; parts are {', '.join(SNAPSHOT_PARTS)}, or `off`")
    return parts


def _read_switch(name: str, text: str) -> bool:
    if text not in ("on", "off"):
        raise WhenceError(f"{name} is {text!r}; it should be `on` or `off`")
    return text == "on"


def _read_seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < math.inf:
        raise WhenceError(f"{name} is {text!r}; it should be a number of seconds")
    return seconds
