"""What this machine can do at most: matrix products per precision and bytes through memory, in the same run.

A limit is the best of several moments, one before every round and one at the end: other work on the machine can only
make it look lower.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import psutil
import torch

from embedbench.extractors.devices import Device
from embedbench.extractors.precision import native_precision, processor_flags

_SHAPES = {"1024x384x1536": (1024, 384, 1536), "1024x1536x384": (1024, 1536, 384), "2048x2048x2048": (2048, 2048, 2048)}
"""Rows x inner x columns: MiniLM's feed-forward products over 1,024 pieces, and a square one."""
_COPIED_BYTES = 1 << 28
"""Larger than any cache."""
_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def best_precision(device: str = "cpu") -> str:
    """`bf16` where the processor multiplies it natively (AVX-512 BF16 or AMX; any recent GPU), else `fp32`."""
    return native_precision(Device(device)).value


def matmul_peak(precision: str, device: str = "cpu", seconds: float = 0.15) -> dict[str, float]:
    """Floating-point operations per second of the best product of each shape, with torch's current threads."""
    dtype, best = _DTYPES[precision], {}
    for name, (rows, inner, columns) in _SHAPES.items():
        left = torch.randn(rows, inner, device=device).to(dtype)
        right = torch.randn(inner, columns, device=device).to(dtype)
        out = torch.empty(rows, columns, device=device, dtype=dtype)
        fastest = _fastest(lambda a=left, b=right, c=out: torch.mm(a, b, out=c), seconds, device)  # type: ignore[misc]
        best[name] = 2 * rows * inner * columns / fastest
    return best


def memory_bandwidth(device: str = "cpu", seconds: float = 0.3) -> float:
    """Bytes read and written per second by a large copy, as STREAM counts them, with torch's current threads."""
    source = torch.ones(_COPIED_BYTES // 4, device=device)
    into = torch.empty_like(source)
    into.copy_(source)
    return 2 * _COPIED_BYTES / _fastest(lambda: into.copy_(source), seconds, device)


def _fastest(run: Callable[[], object], seconds: float, device: str) -> float:
    best, until = float("inf"), time.perf_counter() + seconds
    run()
    while True:
        if device == "cuda":
            torch.cuda.synchronize()
        start = time.perf_counter()
        run()
        if device == "cuda":
            torch.cuda.synchronize()
        now = time.perf_counter()
        best = min(best, now - start)
        if now > until:
            return best


class Limits:
    """The best matrix product of each shape and precision, and the best large copy, of all moments measured.

    Args:
        precisions: to multiply in (default: those that the machine has natively; an imitated one takes a minute and
            says nothing); none measures memory alone.
        device: `cpu` or `cuda`.
    """

    def __init__(self, precisions: Sequence[str] | None = None, device: str = "cpu") -> None:
        self._device = device
        if precisions is None:
            precisions = tuple(dict.fromkeys(("fp32", best_precision(device))))
        self._products: dict[str, dict[str, float]] = {precision: {} for precision in precisions}
        self._bandwidth = 0.0

    @property
    def precisions(self) -> tuple[str, ...]:
        """What products are measured in."""
        return tuple(self._products)

    def measure(self) -> None:
        """One moment, about two seconds."""
        for precision, best in self._products.items():
            for shape, found in matmul_peak(precision, self._device).items():
                best[shape] = max(best.get(shape, 0.0), found)
        self._bandwidth = max(self._bandwidth, memory_bandwidth(self._device))

    def peak(self, precision: str) -> float:
        """Floating-point operations per second of the best shape."""
        return max(self._products[precision].values())

    @property
    def bandwidth(self) -> float:
        """Bytes per second, read and written."""
        return self._bandwidth

    @property
    def found(self) -> dict[str, Any]:
        """All of it, in GFLOP/s and GB/s."""
        return {
            "matmul_peak_gflops": {name: round(self.peak(name) / 1e9, 1) for name in self._products},
            "matmul_gflops_by_shape": {
                name: {shape: round(value / 1e9, 1) for shape, value in best.items()}
                for name, best in self._products.items()
            },
            "native_precisions": list(dict.fromkeys(("fp32", best_precision(self._device)))),
            "memory_gb_per_s": round(self._bandwidth / 1e9, 2),
        }


def describe(device: str = "cpu") -> dict[str, Any]:
    """Processor, cores, threads, memory, how busy others keep it now, and versions; no host or path names."""
    from embedbench.environment import environment

    found = environment()
    wanted = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
    return {
        "processor": found["processor"],
        "cores": found["cores"],
        "threads": torch.get_num_threads(),
        "flags": sorted(processor_flags() & set(wanted)),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "gpu": torch.cuda.get_device_name() if device == "cuda" else None,
        "load_average": round(psutil.getloadavg()[0], 2),
        "python": found["python"],
        "versions": {**found["packages"], **_versions("sentence-transformers")},
    }


def _versions(*packages: str) -> dict[str, str]:
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
