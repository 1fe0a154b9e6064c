"""`python -m api.print_commands` writes docs/reference/commands.md from the commands themselves."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

HEAD = """\
# Commands

Written by `python -m api.print_commands`; change the parser of the command.

`whence COMMAND --help` says the same. Where a command has `--json`, it prints JSON for programs; else tables fit the
terminal, and into a file or pipe values go whole, with tabs between. Errors are one line on standard error.

| exit code | |
| --- | --- |
| 0 | done |
| 1 | the service refused, or is not ready |
| 2 | wrong usage |
| 3 | nothing answers at the address |
| 4 | the input has mistakes |
| 130 | interrupted |

Every command that speaks to a service has `--url`, `--token` and `--workspace`, before or behind its name; without them
`WHENCE_URL`, `WHENCE_TOKEN` and `WHENCE_WORKSPACE` say it.
"""
_EVERYWHERE = frozenset({"--help", "--url", "--token", "--workspace"})


def describe_commands() -> str:
    """Return the page."""
    from whence.command_line import make_parser

    commands = next(
        action for action in make_parser([])._actions if isinstance(action, argparse._SubParsersAction)
    ).choices
    return "\n".join([HEAD, *(line for name in sorted(commands) for line in _describe(name, commands[name]))])


def _describe(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    yield f"## whence {name}\n"
    paragraphs = (parser.description or "").split("\n\n")
    for paragraph in paragraphs:
        if paragraph.startswith("  "):
            yield f"```\n{paragraph}\n```\n"
        else:
            yield f"{' '.join(paragraph.split())}\n"
    rows = [row for action in parser._actions for row in _describe_action(action)]
    if rows:
        yield "| argument | |\n| --- | --- |"
        yield from rows
        yield ""


def _describe_action(action: argparse.Action) -> Iterator[str]:
    if _EVERYWHERE & set(action.option_strings) or action.help == argparse.SUPPRESS:
        return
    value = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    named = f"{', '.join(action.option_strings)} {value}".strip()
    if not action.option_strings and action.nargs in ("*", "+"):
        named = f"{named}..."
    yield f"| `{named}` | {' '.join((action.help or '').replace('%%', '%').split())} |"


if __name__ == "__main__":
    sys.stdout.write(describe_commands())
