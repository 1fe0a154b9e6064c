"""The machine that a run runs on: interpreter, system, processor, memory, GPUs."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec


class GPU(msgspec.Struct, frozen=True):
    """A graphics processor: its name and its memory in bytes."""

    name: str
    memory: int


class Machine(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a run runs. What differs between two machines of one kind, such as their names, is left out."""

    python: str
    """Version of the interpreter, with its kind: `CPython 3.11.7`."""
    system: str
    """`Linux 6.1.0 x86_64`."""
    libc: str = ""
    processor: str = ""
    cores: int = 0
    memory: int = 0
    """Bytes."""
    gpus: tuple[GPU, ...] = ()
    driver: str | None = None
    """Version of NVIDIA's driver."""
    cuda: str | None = None
    """Newest version of CUDA that the driver takes."""

    @property
    def hardware(self) -> str:
        """A class of hardware, such as `8x NVIDIA H100 80GB HBM3`, or the processor where there is no GPU."""
        if not self.gpus:
            return f"{self.cores}x {self.processor or platform.machine()}"
        return f"{len(self.gpus)}x {self.gpus[0].name}"


def read_machine() -> Machine:
    """Return what is known of this machine. GPUs are those of NVIDIA's library (the extra `whence[gpu]`)."""
    import psutil

    gpus, driver, cuda = _read_gpus()
    return Machine(
        python=f"{platform.python_implementation()} {platform.python_version()}",
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        libc=" ".join(platform.libc_ver()).strip(),
        processor=_read_processor(),
        cores=os.cpu_count() or 0,
        memory=int(psutil.virtual_memory().total),
        gpus=tuple(gpus),
        driver=driver,
        cuda=cuda,
    )


def _read_processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()


def _read_gpus() -> tuple[list[GPU], str | None, str | None]:
    with open_nvml() as nvml:
        if nvml is None:
            return [], None, None
        handles = [nvml.nvmlDeviceGetHandleByIndex(n) for n in range(nvml.nvmlDeviceGetCount())]
        gpus = [GPU(_text(nvml.nvmlDeviceGetName(h)), int(nvml.nvmlDeviceGetMemoryInfo(h).total)) for h in handles]
        version = nvml.nvmlSystemGetCudaDriverVersion()
        return gpus, _text(nvml.nvmlSystemGetDriverVersion()), f"{version // 1000}.{version % 1000 // 10}"


@contextmanager
def open_nvml() -> Iterator[Any]:
    """Give NVIDIA's library, or None where it, or its driver, is not there."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:  # not installed, no driver, or a driver that fails: all the same to a training
        yield None
        return
    try:
        yield pynvml
    finally:
        pynvml.nvmlShutdown()


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
