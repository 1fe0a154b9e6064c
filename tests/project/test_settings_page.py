"""Every setting is described in the code and stands in the reference."""

import importlib
from collections.abc import Iterator

from pydantic_settings import BaseSettings

from tests.project.checkout import ROOT, own_files, read, relative


def _settings() -> Iterator[type[BaseSettings]]:
    for path in own_files(".py"):
        if path.name != "settings.py" or (ROOT / "tests") in path.parents:
            continue
        module = importlib.import_module(relative(path).removesuffix(".py").replace("/", "."))
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, BaseSettings) and value.__module__ == module.__name__:
                yield value


def test_every_setting_says_what_it_is_for() -> None:
    silent = [
        f"{kind.__name__}.{name}"
        for kind in _settings()
        for name, field in kind.model_fields.items()
        if not field.description
    ]

    assert silent == []


def test_every_setting_stands_in_the_reference_by_the_name_of_its_variable() -> None:
    page = read(ROOT / "docs" / "reference" / "settings.md")
    variables = [
        f"{kind.model_config['env_prefix']}{name}".upper() for kind in _settings() for name in kind.model_fields
    ]

    assert variables != []
    assert [variable for variable in variables if f"`{variable}`" not in page] == []


def test_settings_are_frozen() -> None:
    assert [kind.__name__ for kind in _settings() if not kind.model_config.get("frozen")] == []
