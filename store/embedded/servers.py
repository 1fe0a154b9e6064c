"""Starts the server on a claimed folder, once; keeping it up is the supervisor's part."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from store.embedded.accounts import Account, choose_account
from store.embedded.binaries import Binaries, find_binaries
from store.embedded.clusters import make_cluster, reachable
from store.embedded.configuration import arguments
from store.embedded.folders import Claim, Layout, check_major
from store.embedded.launching import Launched, launch
from store.embedded.logs import open_log, read_log
from store.embedded.processes import cluster_name, stop_leftovers
from store.embedded.sockets import (
    choose_socket_folder,
    is_answering,
    prepare_socket_folder,
    remove_socket_folder,
)

POLL_S = 0.01
REASON_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """All that is needed to start the server of one folder."""

    layout: Layout
    binaries: Binaries
    account: Account | None
    socket_folder: Path
    settings: Mapping[str, str]

    def tidy(self) -> None:
        """Clear away what a dead server left. Raises `EmbeddedPostgresError` or `OSError`."""
        stop_leftovers(self.layout.folder, self.layout.data)
        prepare_socket_folder(self.layout.folder, self.socket_folder, self.account)

    def launch(self) -> Launched:
        """Start the server's process; it does not answer yet. Raises `OSError`."""
        with reachable(self.layout.data, self.account) as (path, keep), open_log(self.layout, self.account) as log:
            name = f"cluster_name={cluster_name(self.layout.data)}"
            program = [str(self.binaries.postgres), "-D", path, "-k", str(self.socket_folder), "-c", name]
            # SIGINT is Postgres's fast shutdown: transactions end, a checkpoint, no recovery at the next start.
            return launch(
                [*program, *arguments(self.settings)],
                account=self.account,
                death_signal=signal.SIGINT,
                output=log,
                keep=keep,
            )

    def wait_until_answering(self, launched: Launched) -> bool:
        """Return True when the server lets its user in, False when it has ended before."""
        while not launched.has_ended:
            if is_answering(self.socket_folder):
                return True
            time.sleep(POLL_S)
        launched.wait()
        return False

    def fetch_reason(self) -> str:
        """Return what the server said last, for a message."""
        lines = read_log(self.layout, limit=REASON_LINES * 4)
        telling = [line for line in lines if "FATAL:" in line or "PANIC:" in line] or lines
        return "; ".join(telling[-REASON_LINES:]) or "it said nothing"


def prepare_server(claimed: Claim, *, settings: Mapping[str, str], account_name: str) -> Server:
    """Check the folder's data, or make them, and choose the account and the socket. Raises `EmbeddedPostgresError`."""
    layout = claimed.layout
    account = choose_account(layout.folder, layout.data, name=account_name)
    claimed.share_with(account)
    binaries = find_binaries(layout.folder, account)
    if layout.data.exists():
        check_major(layout, major=binaries.major)
    else:
        make_cluster(layout, binaries, account)
    cluster = cluster_name(layout.data)
    stop_leftovers(layout.folder, layout.data)
    if (left := claimed.fetch_socket_folder(cluster)) is not None:
        remove_socket_folder(left, account)
    socket_folder = choose_socket_folder(layout.folder, account)
    claimed.note(cluster, socket_folder)
    return Server(
        layout=layout, binaries=binaries, account=account, socket_folder=socket_folder, settings=dict(settings)
    )
