"""The mixes that come with embedbench, one frozen dataclass each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from embedbench.errors import ConfigurationError
from embedbench.registry import register


@runtime_checkable
class Mix(Protocol):
    """How the layers of a word become one vector. A frozen dataclass whose fields are its typed options."""

    @property
    def label(self) -> str:
        """The name in tables, such as `scalar` or `single:3`."""
        ...

    @property
    def learned(self) -> bool:
        """Whether `w` and `gamma` are trained together with the probe."""
        ...

    @property
    def normed(self) -> bool:
        """Whether each layer of each word is normalised on its own first."""
        ...

    def coefficients(self, n_layers: int) -> Float32[np.ndarray, "slots layers"]:
        """The coefficient of every layer in every slot, before any training.

        Raises:
            ConfigurationError: the mix asks for a layer that does not exist.
        """
        ...


@register("mix", "scalar")
@dataclass(frozen=True)
class Scalar:
    """All layers, weighted by gamma * softmax(w), learned with the probe (Peters et al. 2018)."""

    label: ClassVar[str] = "scalar"
    learned: ClassVar[bool] = True
    normed: ClassVar[bool] = False

    def coefficients(self, n_layers: int) -> Float32[np.ndarray, "slots layers"]:
        """Equal weights: softmax(0) with gamma 1."""
        return _equal(n_layers, n_layers)


@register("mix", "scalar_normed")
@dataclass(frozen=True)
class ScalarNormed:
    """The scalar mix of layers that are first normalised word by word, so that its weights can be compared.

    Each layer of each word gets mean 0 and variance 1 over its dimensions (LayerNorm without affine). AllenNLP's
    `do_layer_norm=True` takes its statistics over the whole batch instead; that is not offered.
    """

    label: ClassVar[str] = "scalar_normed"
    learned: ClassVar[bool] = True
    normed: ClassVar[bool] = True

    def coefficients(self, n_layers: int) -> Float32[np.ndarray, "slots layers"]:
        """Equal weights: softmax(0) with gamma 1."""
        return _equal(n_layers, n_layers)


@register("mix", "cumulative")
@dataclass(frozen=True)
class Cumulative:
    """The learned scalar mix of layers 0 to `last` (Tenney et al. 2019b, section 3.2).

    Attributes:
        last: the highest layer that takes part.
    """

    last: int = 0
    learned: ClassVar[bool] = True
    normed: ClassVar[bool] = False

    @property
    def label(self) -> str:
        """`cumulative:<last>`."""
        return f"cumulative:{self.last}"

    def coefficients(self, n_layers: int) -> Float32[np.ndarray, "slots layers"]:
        """Equal weights over layers 0 to `last`; zero marks the layers that never take part."""
        _check_layer(self.label, self.last, n_layers)
        return _equal(self.last + 1, n_layers)


@register("mix", "top_down")
@dataclass(frozen=True)
class TopDown:
    """The learned scalar mix of layers `first` to the top: cumulative scoring from above.

    Attributes:
        first: the lowest layer that takes part.
    """

    first: int = 0
    learned: ClassVar[bool] = True
    normed: ClassVar[bool] = False

    @property
    def label(self) -> str:
        """`top_down:<first>`."""
        return f"top_down:{self.first}"

    def coefficients(self, n_layers: int) -> Float32[np.ndarray, "slots layers"]:
        """Equal weights over layers `first` to the top; zero marks the layers that never take part."""
        _check_layer(self.label, self.first, n_layers)
        return _equal(n_layers - self.first, n_layers)[:, ::-1].copy()


@register("mix", "single")
@dataclass(frozen=True)
class Single:
    """One layer, untouched.

    Attributes:
        layer: which one; 0 is the context-free input layer.
    """

    layer: int = 0
    learned: ClassVar[bool] = False
    normed: ClassVar[bool] = False

    @property
    def label(self) -> str:
        """`single:<layer>`."""
        return f"single:{self.layer}"

    def coefficients(self, n_layers: int) -> Float32[np.ndarray, "slots layers"]:
        """One for the layer, zero for the others."""
        _check_layer(self.label, self.layer, n_layers)
        return np.eye(n_layers, dtype=np.float32)[self.layer : self.layer + 1]


@register("mix", "mean")
@dataclass(frozen=True)
class Mean:
    """The plain mean of all layers."""

    label: ClassVar[str] = "mean"
    learned: ClassVar[bool] = False
    normed: ClassVar[bool] = False

    def coefficients(self, n_layers: int) -> Float32[np.ndarray, "slots layers"]:
        """Equal weights."""
        return _equal(n_layers, n_layers)


@register("mix", "concat")
@dataclass(frozen=True)
class Concat:
    """All layers side by side; the only mix that makes vectors longer."""

    label: ClassVar[str] = "concat"
    learned: ClassVar[bool] = False
    normed: ClassVar[bool] = False

    def coefficients(self, n_layers: int) -> Float32[np.ndarray, "slots layers"]:
        """One slot per layer."""
        return np.eye(n_layers, dtype=np.float32)


def _check_layer(label: str, layer: int, n_layers: int) -> None:
    if not 0 <= layer < n_layers:
        raise ConfigurationError(
            f"mix {label} asks for layer {layer}, but there are {n_layers} layers, 0 to {n_layers - 1}"
        )


def _equal(taking_part: int, n_layers: int) -> Float32[np.ndarray, "slots layers"]:
    row = np.zeros((1, n_layers), np.float32)
    row[0, :taking_part] = 1 / taking_part
    return row
