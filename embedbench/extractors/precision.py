"""The numbers that networks compute with, what a machine multiplies natively, and how far fewer digits are off."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from jaxtyping import Float32

from embedbench.extractors.devices import Device, torch_device
from embedbench.types import Extractor, Sentence

if TYPE_CHECKING:
    import torch

_NATIVE_FLAGS = {"avx512_bf16", "amx_bf16"}
_PROCESSOR = Path("/proc/cpuinfo")


class Precision(enum.StrEnum):
    """The numbers that a network computes with; the names are what a user types. Vectors come out as float32."""

    auto = "auto"
    """What `runtime.precision` says; fp32 where it says nothing."""
    fp32 = "fp32"
    bf16 = "bf16"
    fp16 = "fp16"


class InPrecision:
    """What extractors have in common that compute with numbers of a user's choice.

    A subclass is a frozen dataclass with a field `precision`, and an extractor.
    """

    precision: Precision

    @property
    def computed_precision(self) -> str:
        """What the network multiplies in: fp32, bf16 or fp16."""
        return (Precision.fp32 if self.precision is Precision.auto else self.precision).value

    @property
    def dtype(self) -> torch.dtype:
        """The same as torch calls it."""
        import torch

        return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[self.computed_precision]

    def precision_error(self, sentences: Sequence[Sentence]) -> dict[str, float]:
        """How far the vectors of these sentences are from those of fp32; the model is loaded once more for it."""
        exact: Any = replace(cast("Any", self), precision=Precision.fp32)
        return rounding_error(cast("Extractor", self).extract(sentences).values, exact.extract(sentences).values)


def native_precision(device: Device) -> Precision:
    """bf16 where products in it are faster than in fp32 (AVX-512 BF16, AMX, recent GPUs), else fp32.

    Raises:
        ConfigurationError: CUDA is asked for and absent.
    """
    import torch

    if torch_device(device).type == "cuda":
        return Precision.bf16 if torch.cuda.is_bf16_supported(including_emulation=False) else Precision.fp32
    return Precision.bf16 if _NATIVE_FLAGS & processor_flags() else Precision.fp32


def processor_flags() -> set[str]:
    """What the processor says that it can do; empty where nobody tells."""
    try:
        lines = _PROCESSOR.read_text("utf-8").splitlines()
    except OSError:
        return set()
    return next((set(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), set())


def rounding_error(
    found: Float32[np.ndarray, "words layers dim"], exact: Float32[np.ndarray, "words layers dim"]
) -> dict[str, float]:
    """Largest and mean difference, the largest number, and the lowest cosine of a word in a layer.

    >>> rounding_error(np.float32([[[3.0, 4.5]]]), np.float32([[[3.0, 4.0]]]))["largest_difference"]
    0.5
    """
    difference = np.abs(found - exact)
    inner = np.einsum("wld,wld->wl", found, exact)
    norms = np.sqrt(np.einsum("wld,wld->wl", found, found) * np.einsum("wld,wld->wl", exact, exact))
    cosines = inner[norms > 0] / norms[norms > 0]
    return {
        "words": float(len(found)),
        "largest_difference": float(difference.max(initial=0.0)),
        "mean_difference": float(difference.mean()) if difference.size else 0.0,
        "largest_value": float(np.abs(exact).max(initial=0.0)),
        "lowest_cosine": float(cosines.min(initial=1.0)),
    }
