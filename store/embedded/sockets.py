"""The server's Unix socket: where it lies, and whether somebody answers there."""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
import struct
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from store.embedded.accounts import Account
from store.embedded.configuration import DATABASE, PORT, SUPERUSER
from store.embedded.errors import EmbeddedPostgresError

PREFIX = "whence-"
SOCKET = f".s.PGSQL.{PORT}"
LONGEST = 103  # bytes of a socket's path on macOS; Linux allows 107
PLAIN = re.compile(r"[A-Za-z0-9/._-]+")  # what drivers take for a host without reading commas and colons into it
PROTOCOL = 196608  # 3.0
GOODBYE = b"X\0\0\0\4"
ANSWER_S = 2.0


def choose_socket_folder(folder: Path, account: Account | None) -> Path:
    """Return where the socket goes: in the folder, or, if its path does not do for a socket, in a new short one."""
    inside = folder / "socket"
    path = str(inside / SOCKET)
    reachable = account is None or account.may_enter(folder)
    if reachable and PLAIN.fullmatch(path) and len(path) <= LONGEST:
        return inside
    for parent in (tempfile.gettempdir(), "/tmp"):  # noqa: S108  mkdtemp makes a folder that is ours alone
        path = f"{parent}/{PREFIX}12345678/{SOCKET}"
        enterable = account is None or account.may_enter(Path(parent))
        if enterable and PLAIN.fullmatch(path) and len(path) <= LONGEST:
            return Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    raise EmbeddedPostgresError(folder, "its path is too long for a Unix socket, and there is no temporary folder")


def prepare_socket_folder(folder: Path, socket_folder: Path, account: Account | None) -> None:
    """Make the folder for the server alone, and empty; anew where a cleaner of temporary files has taken it.

    The caller holds the data folder's lock and no server runs, so a socket that is still there is a dead one's.
    """
    with suppress(FileExistsError):
        socket_folder.mkdir(mode=0o700)
    found = socket_folder.lstat()
    owners = {os.geteuid()} if account is None else {os.geteuid(), account.uid}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise EmbeddedPostgresError(
            folder, f"the folder of its socket, {socket_folder}, was put there by somebody else"
        )
    socket_folder.chmod(0o700)
    for name in (SOCKET, f"{SOCKET}.lock"):
        (socket_folder / name).unlink(missing_ok=True)
    if account is not None:
        account.own(socket_folder)


def remove_socket_folder(socket_folder: Path, account: Account | None) -> None:
    """Remove a short folder that was made outside the data folder; leave any other, and anybody else's."""
    owner = os.geteuid() if account is None else account.uid
    with suppress(OSError):
        found = socket_folder.lstat()
        if socket_folder.name.startswith(PREFIX) and stat.S_ISDIR(found.st_mode) and found.st_uid == owner:
            shutil.rmtree(socket_folder)


def make_url(socket_folder: Path) -> str:
    """Return the address for drivers."""
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(socket_folder), safe='/')}&port={PORT}"


def is_answering(socket_folder: Path) -> bool:
    """Say whether the server lets its user in (2 ms), which it does not while it starts, recovers or stops.

    A connection alone would not tell: the kernel takes it on behalf of a server that has just been killed.
    """
    body = struct.pack("!i", PROTOCOL) + f"user\0{SUPERUSER}\0database\0{DATABASE}\0\0".encode()
    try:
        with socket.socket(socket.AF_UNIX) as conn:
            conn.settimeout(ANSWER_S)
            conn.connect(str(socket_folder / SOCKET))
            conn.sendall(struct.pack("!i", len(body) + 4) + body)
            first = conn.recv(1)
            # A goodbye, and its answer read to the end: or else the server's log fills with broken connections.
            conn.sendall(GOODBYE)
            while conn.recv(4096):
                pass
            return first == b"R"
    except OSError:
        return False
