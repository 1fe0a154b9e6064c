"""What a released SDK sends stays valid, and what its page shows runs."""

import re

import pytest
from graphql import build_schema, parse, validate

from tests.project.checkout import ROOT, read
from tests.sdk.scripts import Scripts
from tests.servers.service_process import ServiceProcess
from whence.tracking.operations import DOCUMENTS


@pytest.mark.parametrize("operation", sorted(DOCUMENTS))
def test_every_document_of_the_sdk_is_valid(operation: str) -> None:
    schema = build_schema(read(ROOT / "schema.graphql"))

    assert validate(schema, parse(DOCUMENTS[operation])) == []


def test_the_scripts_of_the_page_run_as_they_stand_one_after_the_other(
    service: ServiceProcess, scripts: Scripts
) -> None:
    first, second, third = re.findall(r"```python\n(.*?)```", read(ROOT / "docs/sdk.md"), re.DOTALL)
    go_there = f"import os\nos.chdir({str(scripts.folder)!r})\n"

    for code in (first, second, third):
        assert scripts.run(service.url, go_there + code) == ""
