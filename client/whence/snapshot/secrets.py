"""Taking secrets out of what is recorded: of diffs, arguments and addresses of repositories."""

from __future__ import annotations

import re
from collections.abc import Sequence

SCRUBBED = "[secret]"

_TOKENS = re.compile(
    r"""
    AKIA[0-9A-Z]{16} | ASIA[0-9A-Z]{16}                       # AWS
    | gh[pousr]_[A-Za-z0-9]{30,} | github_pat_[A-Za-z0-9_]{22,}
    | glpat-[A-Za-z0-9_-]{20,}
    | xox[abprs]-[A-Za-z0-9-]{10,}                            # Slack
    | sk-[A-Za-z0-9_-]{20,} | hf_[A-Za-z0-9]{30,}             # OpenAI, Anthropic, Hugging Face
    | AIza[0-9A-Za-z_-]{35} | ya29\.[0-9A-Za-z_-]{20,}        # Google
    | eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}   # JSON Web Tokens
    | -----BEGIN[ A-Z]*PRIVATE\ KEY-----.*?(?:-----END[ A-Z]*PRIVATE\ KEY-----|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_NAME = (
    r"[A-Za-z0-9_.-]*(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?token"
    r"|access[_-]?token|token|credentials?)[A-Za-z0-9_.-]*"
)
_ASSIGNED = re.compile(rf"(?i)(\b{_NAME}[\"']?\s*[:=]\s*)([\"']?)([^\s\"',;&]{{4,}})")
_USER = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s@]+@")
_NAME_ALONE = re.compile(rf"(?i)--?{_NAME}")
_CODE = re.compile(r"[A-Za-z_][\w.]*[(\[]")
"""What a value in code looks like that is computed, not written down: `os.environ[...]`, `read_token(...)`."""


def scrub_text(text: str) -> str:
    """Return a text without what looks like a secret: known forms of tokens, and values of names that say so."""
    text = _TOKENS.sub(SCRUBBED, text)
    text = _USER.sub(rf"\1{SCRUBBED}@", text)
    return _ASSIGNED.sub(_replace, text)


def scrub_arguments(arguments: Sequence[str]) -> list[str]:
    """Return a command's arguments without secrets: `--token x` and `--token=x` lose their values."""
    scrubbed: list[str] = []
    after_name = False
    for argument in arguments:
        if after_name and not argument.startswith("-"):
            scrubbed.append(SCRUBBED)
            after_name = False
            continue
        after_name = _NAME_ALONE.fullmatch(argument) is not None
        scrubbed.append(scrub_text(argument))
    return scrubbed


def scrub_remote(address: str) -> str:
    """Return the address of a repository without user and password; `git@host:path` keeps its account."""
    return re.sub(r"(?i)^([a-z][a-z0-9+.-]*://)[^/@]*@", lambda match: match[1], address.strip())


def _replace(match: re.Match[str]) -> str:
    if _CODE.match(match[3]):
        return match[0]
    return f"{match[1]}{match[2]}{SCRUBBED}"
