"""Fixtures of the tests of test runs."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def short_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("r")
