"""The one spelling of a URI, so that what is the same place has the same name; secrets never stay in it."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_plus

from domain.errors import InvalidInput
from domain.texts import check_text

_PARTS = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):)?(?://(?P<authority>[^/?#]*))?"
    r"(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_OTHER = re.compile(r"%(?P<byte>[0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/?]", re.DOTALL)
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_TRIPLET = re.compile(r"%[0-9a-f]{2}")

SCHEMES = {"s3a": "s3", "s3n": "s3", "gcs": "gs"}
DEFAULT_PORTS = {
    "http": 80, "https": 443, "ftp": 21, "ssh": 22, "sftp": 22, "git": 9418, "postgres": 5432, "postgresql": 5432,
    "mysql": 3306, "redis": 6379, "mongodb": 27017, "hdfs": 8020,
}  # fmt: skip

# What stands before the @ is a place (a container, an account of a machine), not a credential.
NAMED_USERS = frozenset({"abfs", "abfss", "wasb", "wasbs", "ssh", "sftp", "git", "git+ssh"})

SECRETS = frozenset({
    "access_key", "access_key_id", "access_token", "accesskey", "accesskeyid", "accesstoken", "api_key", "apikey",
    "api-key", "auth", "auth_token", "authorization", "awsaccesskeyid", "client_secret", "credential", "credentials",
    "expires", "googleaccessid", "id_token", "jwt", "key-pair-id", "passwd", "password", "policy", "private_token",
    "pwd", "refresh_token", "sas", "sas_token", "secret", "secret_access_key", "secret_key", "secretkey",
    "session_token", "sig", "signature", "token",
})  # fmt: skip
SECRET_PREFIXES = ("x-amz-", "x-goog-", "x-oss-", "x-cos-", "x-ms-")

# A shared access signature of Azure: these mean something else where no `sig` stands beside them.
SAS_FIELDS = frozenset({
    "sv", "ss", "srt", "sr", "sp", "st", "se", "sip", "spr", "si", "sdd", "skoid", "sktid", "skt", "ske", "sks", "skv",
})  # fmt: skip


class _Host(NamedTuple):
    user: str
    name: str
    port: str


def normalise_uri(text: str, *path: str) -> str:
    """Return the one spelling of a URI. Raises `InvalidInput`; no message repeats what may be a secret.

    Scheme and host in lower case, `s3a`, `s3n`, `gcs` by their usual names, no default port, no trailing slash,
    percent-encoding as RFC 3986 (6.2.2) has it, no user and password, no signatures in the query. An absolute path
    is a `file` URI. Normalising twice changes nothing.
    """
    text = check_text(text.strip(), *path)
    parts = _PARTS.fullmatch(_as_uri(text))
    if parts is None or parts["scheme"] is None:
        raise InvalidInput("a URI begins with a scheme, such as s3:// or file:///", path=path)
    scheme = SCHEMES.get(parts["scheme"].lower(), parts["scheme"].lower())
    authority = None if parts["authority"] is None else _normalise_authority(scheme, parts["authority"], path)
    place = _encode(parts["path"]).rstrip("/")
    if scheme == "file":
        authority, place = _normalise_file(authority, place, path)
    elif authority is None and not place:
        raise InvalidInput("a URI names a place after its scheme", path=path)
    head = f"{scheme}:" if authority is None else f"{scheme}://{authority}"
    return head + place + _normalise_query(parts["query"]) + _normalise_fragment(parts["fragment"])


def _as_uri(text: str) -> str:
    if _DRIVE.match(text):
        return "file:///" + text.replace("\\", "/")
    return "file://" + text if text.startswith("/") else text


def _normalise_file(authority: str | None, place: str, path: tuple[str, ...]) -> tuple[str, str]:
    if place and not place.startswith("/"):
        raise InvalidInput("a file URI needs an absolute path", path=path)
    return ("" if authority is None or authority == "localhost" else authority), place or "/"


def _normalise_authority(scheme: str, text: str, path: tuple[str, ...]) -> str:
    host = _split_host(text)
    user = host.user.partition(":")[0] if scheme in NAMED_USERS else ""
    port = host.port
    if port:
        if not (port.isascii() and port.isdigit()) or int(port[:9]) > 65535:
            raise InvalidInput("the port in the URI is not a number from 0 to 65535", path=path)
        port = "" if int(port) == DEFAULT_PORTS.get(scheme) else f":{int(port)}"
    return (_encode(user) + "@" if user else "") + host.name + port


def _split_host(text: str) -> _Host:
    user, _, rest = text.rpartition("@")
    if rest.startswith("[") and "]" in rest:
        name, _, port = rest[1:].partition("]")
        return _Host(user, f"[{_lower(name)}]", port.removeprefix(":"))
    name, _, port = rest.partition(":")
    return _Host(user, _lower(name), port)


def _lower(host: str) -> str:
    return _TRIPLET.sub(lambda triplet: triplet[0].upper(), _encode(host).lower())


def _normalise_query(query: str | None) -> str:
    kept = [] if query is None else _drop_secrets(query.split("&"))
    return "?" + "&".join(map(_encode, kept)) if kept else ""


def _normalise_fragment(fragment: str | None) -> str:
    kept = [] if fragment is None else _drop_secrets(fragment.split("&"))
    return "#" + "&".join(map(_encode, kept)) if kept else ""


def _drop_secrets(fields: list[str]) -> list[str]:
    names = [unquote_plus(field.partition("=")[0]).strip().lower() for field in fields]
    signed = "sig" in names
    return [
        field
        for field, name in zip(fields, names, strict=True)
        if field
        and name not in SECRETS
        and not name.startswith(SECRET_PREFIXES)
        and not (signed and name in SAS_FIELDS)
    ]


def _encode(text: str) -> str:
    return _OTHER.sub(_encode_one, text)


def _encode_one(match: re.Match[str]) -> str:
    byte = match["byte"]
    if byte is None:
        return "".join(f"%{value:02X}" for value in match[0].encode("utf-8"))
    value = int(byte, 16)
    return chr(value) if value in _UNRESERVED else f"%{value:02X}"
