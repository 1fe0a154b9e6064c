"""The image's steps and the compose file, checked as far as a machine without a container engine can."""

import os
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.project.checkout import ROOT, read

_DOCKER = ROOT / "docker"


def _compose() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(read(_DOCKER / "compose.yaml"))
    return loaded


def _run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHON": sys.executable}
    return subprocess.run(
        [*map(str, command)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def _copy_as_the_dockerfile_does(folder: Path) -> None:
    """Do the COPY lines of the first stage."""
    _, stage, _ = read(_DOCKER / "Dockerfile").split("\nFROM ")
    for line in re.findall(r"^COPY (.+)$", stage, re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            _copy(ROOT / source, folder / target, is_folder=target.endswith("/"))


def _copy(source: Path, target: Path, *, is_folder: bool) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target = target / source.name if is_folder else target
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Dockerfile hands to its first stage."""
    folder = tmp_path_factory.mktemp("source")
    _copy_as_the_dockerfile_does(folder)
    return folder


@pytest.fixture(scope="module")
def installed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment that the image would hold, installed in a clean folder by the Dockerfile's own steps."""
    target = tmp_path_factory.mktemp("image") / "whence"
    [step] = re.findall(r"^RUN (sh docker/install\.sh) /opt/whence$", read(_DOCKER / "Dockerfile"), re.MULTILINE)
    done = _run(*step.split(), target, folder=source)
    assert done.returncode == 0, done.stderr + done.stdout
    return target


def test_the_steps_of_the_dockerfile_install_a_command_that_can_serve(installed: Path, tmp_path: Path) -> None:
    answer = _run(installed / "bin" / "whence", "serve", "--help", folder=tmp_path)

    assert answer.returncode == 0, answer.stderr
    assert "--data" in answer.stdout


def test_what_is_installed_is_all_that_the_packages_hold(source: Path, installed: Path) -> None:
    [packages] = (installed / "lib").glob("python3.*/site-packages")
    wanted = _list_files(source, "artifacts", "domain", "store", "search", "lineage", "projection", "api", "demo") | {
        name.replace("docs/", "api/pages/docs/", 1) for name in _list_files(source, "docs")
    }

    assert "api/pages/docs/README.md" in wanted
    assert (
        wanted - _list_files(packages, "artifacts", "domain", "store", "search", "lineage", "projection", "api", "demo")
        == set()
    )


def _list_files(top: Path, *folders: str) -> set[str]:
    return {
        path.relative_to(top).as_posix() for folder in folders for path in (top / folder).rglob("*") if path.is_file()
    }


def test_compose_keeps_to_the_published_schema() -> None:
    schema = Path(str(files("check_jsonschema"))) / "builtin_schemas" / "vendor" / "compose-spec.json"
    checked = _run(
        sys.executable, "-m", "check_jsonschema", "--schemafile", schema, _DOCKER / "compose.yaml", folder=ROOT
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_image_is_pinned_and_every_server_has_a_volume_and_a_health_check() -> None:
    services = _compose()["services"]
    used = {volume.split(":")[0] for service in services.values() for volume in service["volumes"]}

    assert set(services) == {"whence", "postgres", "neo4j", "elasticsearch"}
    assert used == set(_compose()["volumes"])
    assert [name for name, service in services.items() if not re.search(r":\d+\.\d+", service["image"])] == []
    assert [name for name, service in services.items() if "healthcheck" not in service] == ["whence"]
    assert "HEALTHCHECK" in read(_DOCKER / "Dockerfile")


def test_every_secret_of_compose_comes_from_the_environment_and_has_no_default() -> None:
    text = read(_DOCKER / "compose.yaml")
    secrets = {
        name: rest for name, rest in re.findall(r"\$\{(\w+)([^}]*)\}", text) if re.search("PASSWORD|TOKEN", name)
    }
    named = re.findall(r"^\s+\S*(?:PASSWORD|TOKEN|AUTH)\S*: (.+)$", text, re.MULTILINE)

    assert len(secrets) == 4
    assert [name for name, rest in secrets.items() if not rest.startswith(":?")] == []
    assert [value for value in named if "${" not in value] == []
    assert set(secrets) <= set(re.findall(r"^(\w+)=$", read(_DOCKER / "example.env"), re.MULTILINE))


def test_every_variable_that_compose_gives_to_whence_is_a_setting() -> None:
    page = read(ROOT / "docs" / "reference" / "settings.md")
    variables = _compose()["services"]["whence"]["environment"]

    assert [name for name in variables if f"`{name}`" not in page] == []


def test_the_image_runs_as_nobody_special() -> None:
    last_stage = read(_DOCKER / "Dockerfile").split("\nFROM ")[-1]
    users = re.findall(r"^USER (.+)$", last_stage, re.MULTILINE)

    assert users == ["10001"]
