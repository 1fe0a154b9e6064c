"""What a run makes: files, folders, and tables, images and texts along the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from whence.files.digests import Content, digest_bytes, digest_path
from whence.tracking.handles import Artifact
from whence.tracking.media import TABLE_TYPE, encode_image, encode_table
from whence.tracking.writing import RunWriter, drop_none

Kind = Literal["output", "model", "checkpoint", "prediction", "report", "split", "log"]


class Makes(RunWriter):
    """A run that has outputs."""

    def log_artifact(
        self,
        source: str | Path,
        path: str | None = None,
        *,
        kind: Kind = "output",
        step: int | None = None,
        media_type: str | None = None,
        alias: str | Sequence[str] | None = None,
        upload: bool = True,
    ) -> Artifact:
        """Record a file or a folder that the run made, and return it, for `log(..., of=model)` and `register_model`.

        `source` is on this machine, or an address (`s3://...`), which is only referred to. `path` is where it stands
        among the run's files, with `/` between folders; left out, its name. The same path again is a newer version.
        `alias` is a name, or several, that means this version from now on (`best`); it moves from the one that had it.
        A copy is kept beside the spool until the service has the bytes, so that the file may change at once; with
        `upload=False` it is only referred to by its place on this machine and its digest.
        `kind` is what it is to the run; `step` the step that it was made at. A file that cannot be read is recorded
        without its content, with a warning.
        """
        text = str(source)
        if "://" in text:
            place = path or text.rstrip("/").rpartition("/")[2] or text
            named = Artifact(self.id, place, text, media_type=media_type)
        else:
            file = Path(text).expanduser()
            named = self._take(file, path or file.name, media_type=media_type, upload=upload)
        return self._record(named, kind=kind, step=step, aliases=[alias] if isinstance(alias, str) else alias or ())

    def log_table(self, key: str, data: Any, step: int | None = None) -> Artifact | None:
        """Log a table: a frame of pandas or polars, rows as mappings, or a mapping of columns. It is a JSON file
        `tables/<key>/<step>.json` of the run: `{"columns": [...], "rows": [[...]]}`.
        """
        return self._log_media("tables", key, step, "json", lambda: encode_table(data), TABLE_TYPE)

    def log_image(self, key: str, image: Any, step: int | None = None) -> Artifact | None:
        """Log an image as `images/<key>/<step>.png`: PNG (bytes, or a path to it), an image of Pillow, a figure of
        matplotlib, or an array (height, width) or (height, width, channels) of bytes, or of floats from 0 to 1.
        """
        return self._log_media("images", key, step, "png", lambda: encode_image(image), "image/png")

    def log_text(self, key: str, text: str, step: int | None = None) -> Artifact | None:
        """Log a text, such as a sample of a language model, as `texts/<key>/<step>.txt`."""
        return self._log_media("texts", key, step, "txt", lambda: str(text).encode("utf-8", "replace"), "text/plain")

    def _take(self, file: Path, path: str, *, media_type: str | None, upload: bool) -> Artifact:
        """Return what lies on this machine, of which a copy waits to be sent where it is to be uploaded."""
        from whence.files.manifests import MEDIA_TYPE
        from whence.files.media_types import sniff_media_type

        place = f"whence://runs/{self.id}/{path.lstrip('/')}" if upload else file.absolute().as_uri()
        named = Artifact(self.id, path, place, media_type=media_type)
        if not self.records:
            return named
        try:
            content = self._stage(file) if upload else digest_path(file)
        except OSError as exc:
            self._warn(f"{file} cannot be read: {exc.strerror or exc}; it is recorded without its content")
            return named
        sniffed = MEDIA_TYPE if content.manifest is not None else media_type or sniff_media_type(file)
        return Artifact(self.id, path, named.uri, content.digest, content.size, sniffed)

    def _stage(self, file: Path) -> Content:
        """Return the content of a file, of which a copy waits to be sent, unless there is no room. Raises `OSError`."""
        try:
            return self._session.stage(file)
        except OSError as exc:
            content = digest_path(file)
            self._warn(f"{file} is not uploaded: no copy can be kept ({exc.strerror or exc}); its digest is recorded")
            return content

    def _record(self, artifact: Artifact, *, kind: str, step: int | None, aliases: Sequence[str] = ()) -> Artifact:
        if not self.records:
            return artifact
        fields = {
            "path": artifact.path,
            "uri": None if artifact.uri.startswith("whence://runs/") else artifact.uri,
            "digest": artifact.digest,
            "size": artifact.size,
            "mediaType": artifact.media_type,
            "step": step,
            "role": "OUTPUT" if kind == "model" else kind.upper(),
            "aliases": list(aliases) or None,
        }
        self._write("logArtifact", drop_none(fields))
        return artifact

    def _log_media(
        self, folder: str, key: str, step: int | None, suffix: str, encode: Callable[[], bytes], media_type: str
    ) -> Artifact | None:
        if not self.records:
            return None
        if step is None:
            step = self._next_step or 0
        try:
            data = encode()
        except Exception as exc:  # whatever somebody's image or table raises: no reason to end a training
            self._warn(f"{folder[:-1]} {key!r} cannot be read ({type(exc).__name__}: {exc}); left out")
            return None
        path = f"{folder}/{re.sub(r'[^A-Za-z0-9._/ -]', '_', key).strip('/')}/{step:08d}.{suffix}"
        return self._take_bytes(data, path, step=step, media_type=media_type, kind="report")

    def _take_bytes(self, data: bytes, path: str, *, step: int | None, media_type: str, kind: str) -> Artifact:
        uri = f"whence://runs/{self.id}/{path}"
        if not self.records:
            return Artifact(self.id, path, uri, media_type=media_type)
        try:
            self._session.stage(data)
        except OSError as exc:
            self._warn(f"{path} is not uploaded: no copy can be kept ({exc.strerror or exc}); its digest is recorded")
        made = Artifact(self.id, path, uri, digest_bytes(data), len(data), media_type)
        return self._record(made, kind=kind, step=step)
