"""What this machine can do at most: matrix products per precision and bytes through memory, in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil
import torch

_SHAPES = {"1024x384x1536": (1024, 384, 1536), "1024x1536x384": (1024, 1536, 384), "2048x2048x2048": (2048, 2048, 2048)}
"""Rows x inner x columns: MiniLM's feed-forward products over 1,024 pieces, and a square one."""
_COPIED_BYTES = 1 << 28
"""Larger than any cache."""
_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def best_precision(device: str = "cpu") -> str:
    """`bf16` where the processor multiplies it natively (AVX-512 BF16 or AMX; any recent GPU), else `fp32`."""
    if device == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    return "bf16" if {"avx512_bf16", "amx_bf16"} & processor_flags() else "fp32"


def processor_flags() -> set[str]:
    """What /proc/cpuinfo says that the processor can do; empty where there is none."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return set()
    return next((set(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), set())


def matmul_peak(precision: str, device: str = "cpu", seconds: float = 0.4) -> dict[str, float]:
    """Floating-point operations per second of the best product of each shape, with torch's current threads."""
    dtype, best = _DTYPES[precision], {}
    for name, (rows, inner, columns) in _SHAPES.items():
        left = torch.randn(rows, inner, device=device).to(dtype)
        right = torch.randn(inner, columns, device=device).to(dtype)
        out = torch.empty(rows, columns, device=device, dtype=dtype)
        fastest = _fastest(lambda a=left, b=right, c=out: torch.mm(a, b, out=c), seconds, device)  # type: ignore[misc]
        best[name] = 2 * rows * inner * columns / fastest
    return best


def memory_bandwidth(device: str = "cpu", seconds: float = 0.5) -> float:
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


def limits(precision: str, device: str = "cpu") -> dict[str, Any]:
    """Matmul peak (the best shape) in GFLOP/s and memory bandwidth in GB/s."""
    shapes = matmul_peak(precision, device)
    return {
        "precision": precision,
        "matmul_peak_gflops": round(max(shapes.values()) / 1e9, 1),
        "matmul_gflops_by_shape": {name: round(value / 1e9, 1) for name, value in shapes.items()},
        "memory_gb_per_s": round(memory_bandwidth(device) / 1e9, 2),
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
