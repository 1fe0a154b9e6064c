"""Workspaces: the team, and the boundary of what is shared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from domain.errors import InvalidInput
from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.texts import shown

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A team's own part of the record."""

    id: WorkspaceID
    name: str
    created_at: datetime
    revision: int
    version: int

    @property
    def key(self) -> NodeKey:
        return NodeKey(NodeKind.WORKSPACE, self.id)


def check_workspace_name(name: str, *path: str) -> str:
    """Return a name that can stand in an address (`/w/<name>/graphql`), or raise."""
    if _NAME.fullmatch(name) is None:
        raise InvalidInput(
            f"{shown(name)} is not a workspace's name: 1 to 63 of a-z, 0-9, dot, dash and underscore, "
            "beginning with a letter or digit",
            path=path,
        )
    return name
