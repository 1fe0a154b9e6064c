"""Deploy: whatever the alias means now begins to be served.

python -m examples.lineage.deploy REVISION
"""

from __future__ import annotations

import sys

import whence


def main(revision: str) -> None:
    """Deploy the champion."""
    with whence.init("plant", "deploy", kind="DEPLOY") as run:
        champion = {"model": {"name": "plant", "alias": "champion"}}
        run.use_artifact(champion)
        run.deploy(champion, endpoint="pressure", environment="production", revision=revision)


if __name__ == "__main__":
    main(sys.argv[1])
