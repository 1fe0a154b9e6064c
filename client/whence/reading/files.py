"""Files of runs that were found: what is known of them, and their bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whence.failures import WhenceError
from whence.files.downloading import download_artifact
from whence.service import Service

SELECTION = "id path name version aliases size mediaType digest uri step superseded createdAt downloadPath"
PAGE = 1000
_ALL = f"""query FilesOf($run: ID!, $first: Int!, $after: String) {{
  run(id: $run) {{ artifacts(first: $first, after: $after) {{
    nodes {{ {SELECTION} }} pageInfo {{ endCursor hasNextPage }}
  }} }}
}}"""
_ONE = f"""query FileAt($run: ID!, $path: String!, $alias: String, $version: Int64) {{
  run(id: $run) {{ artifact(path: $path, alias: $alias, version: $version) {{ {SELECTION} }} }}
}}"""
_SET = f"""mutation SetArtifactAlias($input: SetArtifactAliasInput!) {{
  setArtifactAlias(input: $input) {{
    ... on SetArtifactAliasPayload {{ artifact {{ {SELECTION} }} }} ... on Problem {{ code message path retriable }}
  }}
}}"""

Progress = Callable[[int], None]


@dataclass(frozen=True)
class FoundArtifact:
    """A file or folder of a run, as it was when it was read."""

    id: str
    """Global id."""
    path: str
    """Where it stands among the run's files."""
    version: int
    """Its number among those at the path, counted from 1."""
    aliases: tuple[str, ...]
    """Names that mean this version of the path."""
    size: int | None
    """Bytes."""
    media_type: str | None
    digest: str | None
    """`sha256:<hex>` of the content."""
    uri: str | None
    """Where it lies, if not in the service."""
    step: int | None
    superseded: bool
    """True where a later attempt of the run began again before its step."""
    _service: Service = field(repr=False, compare=False)

    @property
    def reference(self) -> dict[str, Any]:
        """The `NodeRef` of the schema that means this file: `run.use_artifact(found)` takes it."""
        return {"id": self.id}

    def download(self, target: str | Path, *, progress: Progress | None = None) -> Path:
        """Fetch the bytes to a place of this machine, a folder's files below it, checked by their digests.

        An earlier try that was interrupted is gone on with. Raises `WhenceError` where only its address is known, or
        the bytes are others, `Problem` (NOT_FOUND where the service has them not), `Unreachable`, `OSError`.
        """
        place = Path(target)
        if self.digest is None or not self.digest.startswith("sha256:"):
            raise WhenceError(f"the service has no bytes of {self.path!r}; it is at {self.uri or 'no known place'}")
        download_artifact(self._service, self.digest, self.media_type, place, progress=progress)
        return place


def fetch_artifact_nodes(service: Service, run: str) -> list[dict[str, Any]]:
    """Return all files of a run as the service tells them, the oldest first. Raises `Problem`, `Unreachable`."""
    nodes: list[dict[str, Any]] = []
    after = None
    while True:
        page = service.execute(_ALL, {"run": run, "first": PAGE, "after": after})["run"]["artifacts"]
        nodes += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return nodes


def find_artifact_node(
    service: Service, run: str, path: str, *, alias: str | None = None, version: int | None = None
) -> dict[str, Any] | None:
    """Return the file at a path that an alias or a number means, the newest without either, or None."""
    asked = {"run": run, "path": path, "alias": alias, "version": version}
    node: dict[str, Any] | None = service.execute(_ONE, asked)["run"]["artifact"]
    return node


def set_artifact_alias(service: Service, run: str, path: str, alias: str, version: int | None) -> None:
    """Let an alias mean a version at a path of a run, or nothing. Raises `Problem`, `Unreachable`."""
    asked = {"run": run, "path": path, "alias": alias, "version": version}
    service.execute(_SET, {"input": asked})


def read_artifact(node: dict[str, Any], service: Service) -> FoundArtifact:
    """Return a file of an answer that selected `SELECTION`."""
    return FoundArtifact(
        id=node["id"],
        path=node["path"],
        version=node["version"],
        aliases=tuple(node["aliases"]),
        size=node["size"],
        media_type=node["mediaType"],
        digest=node["digest"],
        uri=node["uri"],
        step=node["step"],
        superseded=node["superseded"],
        _service=service,
    )
