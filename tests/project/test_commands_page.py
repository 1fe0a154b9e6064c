"""The page of commands is what the commands say."""

from api.print_commands import describe_commands
from tests.project.checkout import ROOT, read


def test_the_page_of_commands_is_what_their_parsers_say() -> None:
    page = read(ROOT / "docs" / "reference" / "commands.md")

    assert page == describe_commands(), "run: python -m api.print_commands > docs/reference/commands.md"
