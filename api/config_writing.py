"""The subcommand `whence init-config`: write a settings file with everything that can be set, as comments."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

FILE = Path("whence.toml")
CANNOT_WRITE = 1
_WIDTH = 110
_HEAD = """\
# Settings of `whence serve`, which reads this file in the folder where it is started.
# Every line is a default: take away its # and change it. WHENCE_ variables of the environment weigh more.
"""


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `whence init-config`."""
    parser = subparsers.add_parser(
        "init-config",
        help="write a settings file for `whence serve`, every setting in it as a comment",
        description="Write a settings file with every setting of the service, its meaning and its default, all of it "
        "as comments: take away the # of what is to differ. A file that is there is left alone (exit code 1).",
    )
    parser.add_argument(
        "file", nargs="?", type=Path, default=FILE, metavar="FILE", help=f"where to write it ({FILE}); - prints it"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the file, and return the exit code."""
    text = write_config()
    if str(args.file) == "-":
        sys.stdout.write(text)
        return 0
    try:
        with args.file.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as exc:
        sys.stderr.write(f"whence: cannot write {args.file}: {exc.strerror or exc}\n")
        return CANNOT_WRITE
    sys.stdout.write(f"wrote {args.file}\n")
    return 0


def write_config() -> str:
    """Return the settings file."""
    import textwrap

    from api.settings import COMPONENTS

    lines = [_HEAD]
    for section, component in COMPONENTS.items():
        if section:
            lines += [f"[{section}]", ""]
        for name, field in component.model_fields.items():
            lines += [f"# {line}" for line in textwrap.wrap(field.description or "", _WIDTH)]
            lines += [f"#{name} = {_write_value(field.default)}", ""]
    return "\n".join(lines)


def _write_value(value: Any) -> str:
    """Return a default as TOML; what has none is an empty text."""
    from pydantic import ByteSize

    if isinstance(value, ByteSize):
        return f'"{value.human_readable(separator="")}"'
    if isinstance(value, tuple):
        return "[]"
    if isinstance(value, int | float):
        return str(value)
    return '""' if value is None else f'"{value}"'
