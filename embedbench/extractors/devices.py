"""Where networks run."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from embedbench.errors import ConfigurationError

if TYPE_CHECKING:
    import torch


class Device(enum.StrEnum):
    """A place to run a network; the names are what a user types."""

    auto = "auto"
    """The first CUDA device where there is one, else the CPU."""
    cpu = "cpu"
    cuda = "cuda"


def torch_device(device: Device) -> torch.device:
    """The torch device of that name.

    Raises:
        ConfigurationError: CUDA is asked for and absent.
    """
    import torch

    available = torch.cuda.is_available()
    if device is Device.cuda and not available:
        raise ConfigurationError("device=cuda was asked for, but torch sees no CUDA device; use device=auto or cpu")
    return torch.device("cuda" if available and device is not Device.cpu else "cpu")
