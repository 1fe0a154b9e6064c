"""What a launcher says about this process: torchrun, SLURM, or anything that sets RANK and WORLD_SIZE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Launch:
    """The place of this process among those of one launch."""

    rank: int = 0
    world_size: int = 1
    id: str | None = None
    """The same in all processes of a launch and in its restarts; None where no launcher says."""
    restart: int = 0
    """How often the launcher has restarted it."""


def read_launch(environment: Mapping[str, str]) -> Launch:
    """Return what the environment says; without a launcher, rank 0 of 1."""
    rank = _number(environment, "RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK")
    world = _number(environment, "WORLD_SIZE", "SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE")
    return Launch(
        rank=rank or 0,
        world_size=max(world or 1, 1),
        id=_read_id(environment),
        restart=_number(environment, "TORCHELASTIC_RESTART_COUNT", "SLURM_RESTART_COUNT") or 0,
    )


def _read_id(environment: Mapping[str, str]) -> str | None:
    elastic = environment.get("TORCHELASTIC_RUN_ID")
    if elastic and elastic != "none":
        return f"torchelastic {elastic}"
    if elastic == "none" and environment.get("MASTER_PORT"):  # a static rendezvous has no id but its meeting point
        return f"torchelastic {environment.get('MASTER_ADDR')}:{environment['MASTER_PORT']}"
    job = environment.get("SLURM_JOB_ID")
    if job and "SLURM_PROCID" in environment:
        return f"slurm {environment.get('SLURM_CLUSTER_NAME', '')} {job} {environment.get('SLURM_STEP_ID', '')}"
    return None


def _number(environment: Mapping[str, str], *names: str) -> int | None:
    for name in names:
        said = environment.get(name, "")
        if said.isascii() and said.isdigit():
            return int(said)
    return None
