"""Run every benchmark, or those named: `python -m benchmarks [NAME ...]`."""

from __future__ import annotations

import importlib
import sys

from benchmarks.figures import describe_machine

ALL = (
    "starts",
    "memory",
    "run_writes",
    "ingest",
    "disk",
    "series",
    "run_table",
    "run_pages",
    "lineage",
    "search",
    "projections",
    "sdk",
    "against_mlflow",
)


def main(names: list[str]) -> int:
    """Run them in order; an unknown name is refused before the first one runs."""
    unknown = sorted(set(names) - set(ALL))
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(ALL)}", file=sys.stderr)
        return 2
    print(describe_machine())
    for name in names or ALL:
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
