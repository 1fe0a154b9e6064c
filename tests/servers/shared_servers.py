"""A test process's hold on the servers that its whole run shares."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time
from typing import Any

from tests.servers.java import Missing
from tests.servers.rendezvous import CHECKOUT, Rendezvous

KEEPER_STARTS_S = 60
ANSWER_S = 300  # a migration on a busy machine included


class SharedServers:
    """One connection to the keeper; the servers stay for as long as any process of the run has one."""

    def __init__(self, rendezvous: Rendezvous) -> None:
        self._rendezvous = rendezvous
        with rendezvous.locked():
            self._conn = _connect(rendezvous) or _start_keeper(rendezvous)
        self._conn.settimeout(ANSWER_S)
        self._answers = self._conn.makefile("rb")
        self._said_died: dict[str, Any] | None = None
        found = self._ask("server")
        self.url: str = found["url"]
        self.prefix: str = found["prefix"]

    def fetch_template(self) -> str:
        """Return the name of the migrated database; the first to ask has it made."""
        return str(self._ask("template")["template"])

    def fetch_url(self, name: str) -> str:
        """Return the address of the run's Neo4j or Elasticsearch; the first to ask has it started.

        Raises `Missing` where this machine cannot run it.
        """
        answer = self._ask(name)
        if "missing" in answer:
            raise Missing(answer["missing"])
        return str(answer["url"])

    def fetch_death(self) -> str | None:
        """Return what to say of a server that died, its log's last lines among it; does not wait."""
        if self._said_died is None:
            ready, _, _ = select.select([self._conn], [], [], 0)
            if ready:
                said = self._answers.readline()
                keeper = {"server": "keeper of servers", "log": ["it was killed"]}
                self._said_died = json.loads(said)["died"] if said else keeper
        return None if self._said_died is None else _describe(self._said_died)

    def leave(self) -> None:
        """Let go of the server; the last one to leave waits until it is gone."""
        try:
            self._conn.sendall(b'{"want": "leave"}\n')
            while self._answers.read(4096):
                pass
        except ConnectionError:
            pass
        finally:
            self._answers.close()
            self._conn.close()

    def _ask(self, wanted: str) -> dict[str, Any]:
        self._conn.sendall(json.dumps({"want": wanted}).encode() + b"\n")
        said = self._answers.readline()
        answer: dict[str, Any] = json.loads(said) if said else {"error": self._rendezvous.log.read_text()}
        if "died" in answer:
            self._said_died = answer["died"]
            raise RuntimeError(_describe(answer["died"]))
        if "error" in answer:
            raise RuntimeError(f"the test run has no server:\n{answer['error']}")
        return answer


def _describe(died: dict[str, Any]) -> str:
    return f"the test run's {died['server']} died; the end of its log:\n" + "\n".join(died["log"])


def _connect(rendezvous: Rendezvous) -> socket.socket | None:
    conn = socket.socket(socket.AF_UNIX)
    try:
        conn.connect(str(rendezvous.socket))
    except OSError:
        conn.close()
        return None
    return conn


def _start_keeper(rendezvous: Rendezvous) -> socket.socket:
    rendezvous.socket.unlink(missing_ok=True)
    keeper = [sys.executable, "-m", "tests.servers.keeper"]
    # The shell leaves it behind as nobody's child: it may have to outlive the process that starts it.
    subprocess.run(
        ["/bin/sh", "-c", '"$@" >>"$0" 2>&1 </dev/null &', str(rendezvous.log), *keeper, str(rendezvous.folder)],
        cwd=CHECKOUT,
        check=True,
        start_new_session=True,
    )
    end = time.monotonic() + KEEPER_STARTS_S
    while (conn := _connect(rendezvous)) is None:
        if time.monotonic() > end:
            raise RuntimeError(f"the keeper of the test servers does not start:\n{rendezvous.log.read_text()}")
        time.sleep(0.02)
    return conn
