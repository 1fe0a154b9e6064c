"""From a request to the context of its operation: which workspace, who, and the services of the process."""

from __future__ import annotations

import time

from starlette.requests import HTTPConnection

from api.context import Context, Services
from api.principal import ANONYMOUS, Principal
from api.transport.refusals import Refusal
from domain.errors import InvalidInput, NotFound
from domain.ids import WorkspaceID
from store.database import Database
from store.workspaces import fetch_workspace_id

WORKSPACE_HEADER = "whence-workspace"
LONGEST_NAME = 200
REMEMBERED_S = 5.0
REMEMBERED = 1000


class WorkspaceDirectory:
    """Workspaces by name, remembered for a few seconds; a name nobody has is asked for each time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found: dict[str, tuple[float, WorkspaceID]] = {}

    async def find(self, name: str) -> WorkspaceID:
        """Return the workspace's id. Raises `NotFound`, `Unavailable`."""
        known = self._found.get(name)
        now = time.monotonic()
        if known is not None and now - known[0] < REMEMBERED_S:
            return known[1]
        async with self._database.read() as conn:
            found = await fetch_workspace_id(conn, name)
        if found is None:
            raise NotFound(f"there is no workspace {name!r}", path=["workspace"])
        if len(self._found) >= REMEMBERED:
            self._found.clear()
        self._found[name] = (now, found)
        return found


def read_workspace_name(connection: HTTPConnection, principal: Principal) -> str:
    """Return the workspace a request names: its path, else its header, else the principal's. Raises `Refusal`."""
    name = connection.path_params.get("workspace") or connection.headers.get(WORKSPACE_HEADER)
    if name is None:
        return principal.default_workspace
    if not 0 < len(name) <= LONGEST_NAME or "\x00" in name:
        raise Refusal(InvalidInput(f"{name[:80]!r} is no name of a workspace", path=["workspace"]))
    return str(name)


async def make_context(connection: HTTPConnection, services: Services, directory: WorkspaceDirectory) -> Context:
    """Return the context of an operation. Raises `NotFound` for a workspace nobody made, `Refusal`, `Unavailable`."""
    principal = connection.scope.get("principal") or ANONYMOUS
    name = read_workspace_name(connection, principal)
    return Context(
        services=services,
        workspace=await directory.find(name),
        workspace_name=name,
        principal=principal,
        request=connection,
        request_id=connection.scope.get("request_id", ""),
    )
