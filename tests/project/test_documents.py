"""The documents say what is true of the checkout: links, commands, settings, the tree, the form of each page."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.project.checkout import ROOT, own_files, read, relative

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_MAKE = re.compile(r"(?<![\w-])make ([a-z][a-z-]+)")
_TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
_DECISION_PARTS = ["Context", "Decision", "Consequences", "Alternatives", "What enforces it"]


def _prose(path: Path) -> str:
    return _FENCE.sub("", read(path))


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _anchors(path: Path) -> set[str]:
    return {_slug(heading) for heading in re.findall(r"^#+ (.+)$", _prose(path), re.MULTILINE)}


def _is_broken(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return False
    target, _, anchor = link.partition("#")
    path = (page.parent / target).resolve() if target else page
    return not path.exists() or bool(anchor and path.suffix == ".md" and anchor not in _anchors(path))


def test_every_link_between_documents_resolves() -> None:
    broken = [
        (relative(page), link)
        for page in own_files(".md")
        for link in _LINK.findall(_prose(page))
        if _is_broken(page, link)
    ]

    assert broken == []


def test_every_page_below_docs_is_reached_from_the_index() -> None:
    docs = ROOT / "docs"
    seen: set[Path] = set()
    waiting = [docs / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        links = (link.partition("#")[0] for link in _LINK.findall(_prose(page)) if not re.match(r"[a-z]+:", link))
        waiting += [(page.parent / link).resolve() for link in links if link]

    assert [relative(page) for page in own_files(".md") if docs in page.parents and page not in seen] == []


def test_every_file_and_folder_that_a_document_names_exists() -> None:
    files = [relative(path) for path in own_files()]
    known = {*files, *(folder.as_posix() for name in files for folder in Path(name).parents)}
    known |= {name.removesuffix(".py") for name in files}
    tops = "|".join(sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name in known))
    named = re.compile(rf"`((?:(?:{tops})/[\w/-][\w./-]*|test_\w+\.py))`")
    lost = [
        (relative(page), name)
        for page in own_files(".md")
        for name in named.findall(_prose(page))
        if name.rstrip("/") not in known and not any(file.endswith(f"/{name}") for file in files)
    ]

    assert lost == []


def test_every_make_target_that_a_document_names_exists() -> None:
    targets = set(_TARGET.findall(read(ROOT / "Makefile")))
    named = {
        name
        for page in own_files(".md")
        for code in re.findall(r"`[^`\n]+`|^(?:    |\$ ).*$|^make .*$", read(page), re.MULTILINE)
        for name in _MAKE.findall(code)
    }

    assert named - targets == set()
    assert {"run", "test"} <= named


def test_every_target_that_make_lists_is_declared_phony() -> None:
    makefile = read(ROOT / "Makefile")
    listed = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)

    assert phony is not None
    assert listed - set(phony[1].split()) == set()


def test_the_gate_runs_the_second_command_of_the_readme() -> None:
    commands = re.findall(r"^make \w+", read(ROOT / "README.md"), re.MULTILINE)

    assert commands[:2] == ["make run", "make test"]
    assert f"exec {commands[1]}" in read(ROOT / ".ci" / "run")


def test_contributing_opens_with_the_one_command() -> None:
    assert read(ROOT / "CONTRIBUTING.md").splitlines()[0] == "`make test` before every push."


def test_the_tree_in_the_readme_names_the_folders_that_exist() -> None:
    tree = re.search(r"## The tree\n\n```\n(.+?)```", read(ROOT / "README.md"), re.DOTALL)
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    left_behind = {"dist", "node_modules", "__pycache__"}

    assert tree is not None
    assert set(re.findall(r"^(\w+)/", tree[1], re.MULTILINE)) == folders - left_behind


def test_the_changelog_keeps_its_form() -> None:
    text = read(ROOT / "CHANGELOG.md")
    releases = re.findall(r"^## (.+)$", text, re.MULTILINE)
    kinds = re.findall(r"^### (.+)$", text, re.MULTILINE)

    assert text.startswith("# Changelog\n")
    assert releases[0] == "[Unreleased]"
    assert [
        release for release in releases[1:] if not re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", release)
    ] == []
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_decisions_are_numbered_without_a_gap_and_have_their_five_parts() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))

    assert [page.name[:4] for page in pages] == [f"{number:04d}" for number in range(1, len(pages) + 1)]
    for page in pages:
        assert re.findall(r"^## (.+)$", read(page), re.MULTILINE) == _DECISION_PARTS, page.name
        assert len(read(page).splitlines()) <= 60, f"{page.name} is longer than a page"


@pytest.mark.parametrize(
    "host",
    [
        "pypi|org",
        "pythonhosted|org",
        "npmjs|org",
        "crates|io",
        "golang|org",
        "maven|org",
        "maven.apache|org",
        "debian|org",
    ],
)
def test_no_file_names_the_address_of_a_package_registry(host: str) -> None:
    address = re.compile(r"[\w.-]*" + re.escape(host.replace("|", ".")))
    found = [(relative(path), match[0]) for path in _texts() for match in [address.search(read(path))] if match]

    assert found == []


def test_no_file_names_a_place_on_the_machine_of_its_author() -> None:
    tops = "|".join(["wor" + "k", "roo" + "t", "tmp/" + "whence", "ho" + "me/[a-z]+"])
    place = re.compile(rf"(?<![\w.$}}])/(?:{tops})/\w")
    found = [(relative(path), match[0]) for path in _texts() for match in [place.search(read(path))] if match]

    assert found == []


def test_both_distributions_have_one_version_and_one_licence() -> None:
    server, client = (tomllib.loads(read(ROOT / folder / "pyproject.toml"))["project"] for folder in ("", "client"))

    assert server["version"] == client["version"]
    assert server["license"] == client["license"] == "Apache-2.0"
    assert read(ROOT / "LICENSE") == read(ROOT / "client" / "LICENSE")


def _texts() -> list[Path]:
    return [
        path
        for path in own_files()
        if b"\0" not in path.read_bytes()[:4096] and path.suffix not in {".gz", ".png", ".woff2"}
    ]
