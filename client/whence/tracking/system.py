"""How busy the machine is: processor, memory, disk, network and GPUs, as metrics below `system/`."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

INTERVAL_S = 10.0

Log = Callable[[dict[str, float], int], None]
"""Takes values by key, and the seconds since the run began as their step."""


class SystemMetrics:
    """Looks at the machine every ten seconds in a thread of its own.

    `system/cpu` and `system/memory` are per cent of the machine's; `system/process/memory` and `system/gpu/N/memory`
    bytes; `system/disk/read`, `.../written`, `system/network/sent`, `.../received` bytes a second;
    `system/gpu/N/utilization` per cent, `.../temperature` degrees Celsius, `.../power` watts.
    """

    def __init__(self, log: Log, *, interval: float = INTERVAL_S) -> None:
        self._log = log
        self._interval = interval
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="whence-system", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def _watch(self) -> None:
        if self._stopped.wait(self._interval):  # most scripts of a test end before: they pay for no import
            return
        import psutil

        from whence.snapshot.machine import open_nvml

        process = psutil.Process()
        psutil.cpu_percent()
        before, at = _count(psutil), time.monotonic()
        began = at - self._interval
        with open_nvml() as nvml:
            while not self._stopped.wait(self._interval):
                now = time.monotonic()
                counted = _count(psutil)
                values = {key: (counted[key] - before[key]) / (now - at) for key in counted if key in before}
                values |= _look(psutil, process) | _look_at_gpus(nvml)
                before, at = counted, now
                self._log(values, int(now - began))


def _count(psutil: Any) -> dict[str, float]:
    """Return counters that only rise, in bytes."""
    disk, network = psutil.disk_io_counters(), psutil.net_io_counters()
    counted: dict[str, float] = {}
    if disk is not None:
        counted |= {"system/disk/read": disk.read_bytes, "system/disk/written": disk.write_bytes}
    if network is not None:
        counted |= {"system/network/sent": network.bytes_sent, "system/network/received": network.bytes_recv}
    return counted


def _look(psutil: Any, process: Any) -> dict[str, float]:
    load = os.getloadavg()[0]
    return {
        "system/cpu": psutil.cpu_percent(),
        "system/load": load,
        "system/memory": psutil.virtual_memory().percent,
        "system/process/memory": float(process.memory_info().rss),
    }


def _look_at_gpus(nvml: Any) -> dict[str, float]:
    values: dict[str, float] = {}
    for number in range(0 if nvml is None else nvml.nvmlDeviceGetCount()):
        handle = nvml.nvmlDeviceGetHandleByIndex(number)
        key = f"system/gpu/{number}"
        ways: dict[str, Callable[[Any], float]] = {
            "utilization": lambda gpu: nvml.nvmlDeviceGetUtilizationRates(gpu).gpu,
            "memory": lambda gpu: nvml.nvmlDeviceGetMemoryInfo(gpu).used,
            "temperature": lambda gpu: nvml.nvmlDeviceGetTemperature(gpu, 0),
            "power": lambda gpu: nvml.nvmlDeviceGetPowerUsage(gpu) / 1000,
        }
        for name, read in ways.items():
            try:
                values[f"{key}/{name}"] = float(read(handle))
            except nvml.NVMLError:  # not every card, nor every slice of one, says everything
                continue
    return values
