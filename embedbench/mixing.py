"""Layer mixes: the layers of a word → one vector.

Every mix is a linear map over layers, described by `coefficients`: `slots` rows, one coefficient per layer. One slot
gives a vector of the layers' own dimension; `concat` has one slot per layer. Learned mixes replace the coefficients of
their single slot by `gamma * softmax(w)` (Peters et al. 2018, equation 1; `w` starts at 0, `gamma` at 1).

No mix ever normalises over a batch: the mixed vector of a word depends on that word alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, cast, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32

from embedbench.errors import ConfigurationError, NumericalError
from embedbench.registry import components, register

if TYPE_CHECKING:
    from torch import Tensor

NORM_EPSILON = 1e-5
"""Added to the variance by the per-word normalisation, as in `torch.nn.LayerNorm`."""


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


def expand_mixes(names: Sequence[str], n_layers: int) -> tuple[Mix, ...]:
    """The mixes of these names, without repeats, in the order asked for.

    `single` stands for every single layer, `cumulative` and `top_down` for every cumulative mix of at least two layers
    from below and from above (one layer is `single`, all of them are `scalar`); `single:K` and so on for one of them.
    Every other registered mix is known by its name; one with a single option also as `NAME:VALUE`.

    >>> [mix.label for mix in expand_mixes(["single", "scalar"], 2)]
    ['single:0', 'single:1', 'scalar']
    >>> [mix.label for mix in expand_mixes(["cumulative", "top_down"], 4)]
    ['cumulative:1', 'cumulative:2', 'top_down:1', 'top_down:2']

    Raises:
        ConfigurationError: a name is unknown, or its layer does not exist.
    """
    mixes: dict[str, Mix] = {}
    for name in names:
        for mix in _expand(name, n_layers):
            mix.coefficients(n_layers)
            mixes.setdefault(mix.label, mix)
    return tuple(mixes.values())


def simplest(mix: Mix, n_layers: int) -> Mix:
    """The simplest mix with the same vectors up to a scale, which every probe absorbs.

    Of one layer, all mixes are that layer; only word normalisation makes a difference.

    >>> simplest(Scalar(), 1), simplest(Scalar(), 2)
    (Single(layer=0), Scalar())
    """
    return Single(0) if n_layers == 1 and not mix.normed else mix


def check_mix_names(names: Sequence[str]) -> None:
    """Checks the names alone, before it is known how many layers there are.

    Raises:
        ConfigurationError: there is none, or one is unknown.
    """
    if not names:
        raise ConfigurationError("mixes is empty; give at least one, such as mixes=[scalar,single]")
    for name in names:
        _expand(name, 1)


def mix_layers(
    vectors: Float[Tensor, "*words layers dim"],
    mix: Mix,
    weights: Float[Tensor, "layers"] | None = None,
    gamma: Float[Tensor, ""] | None = None,
) -> Float[Tensor, "*words out"]:
    """The mixed vector of every word; `out` is slots x dim. The definition that training is tested against.

    Args:
        vectors: layered vectors, standardised or not.
        mix: how to mix.
        weights: `w` before the softmax, of a learned mix; zeros if absent.
        gamma: the scale of a learned mix; 1 if absent.

    Raises:
        NumericalError: the weights are not finite.
    """
    import torch

    n_layers = int(vectors.shape[-2])
    fixed = torch.as_tensor(mix.coefficients(n_layers), dtype=vectors.dtype)
    if mix.learned:
        weights = torch.zeros(n_layers, dtype=vectors.dtype) if weights is None else weights
        if not bool(torch.isfinite(weights).all()):
            raise NumericalError(f"the weights of mix {mix.label} are not finite: {weights.tolist()}")
        fixed = torch.softmax(weights.masked_fill(fixed[0] == 0, float("-inf")), dim=0).unsqueeze(0)
        fixed = fixed if gamma is None else fixed * gamma
    if mix.normed:
        vectors = normalise_words(vectors)
    return (fixed @ vectors).flatten(-2)


def normalise_words(vectors: Float[Tensor, "*words dim"]) -> Float[Tensor, "*words dim"]:
    """Each vector with mean 0 and variance 1 over its own dimensions; a constant vector becomes zero."""
    import torch

    return torch.nn.functional.layer_norm(vectors, vectors.shape[-1:], eps=NORM_EPSILON)


def own_mixes(names: Sequence[str]) -> dict[str, str]:
    """The class of every mix among these names that does not come with embedbench, for the identity of a cell."""
    kinds = [(name, components("mix").get(name.partition(":")[0])) for name in names]
    return {name: found.path for name, found in kinds if found is not None and found.target.__module__ != __name__}


def _expand(name: str, n_layers: int) -> list[Mix]:
    kind, colon, value = name.partition(":")
    by_layer: dict[str, Callable[[int], Mix]] = {"single": Single, "cumulative": Cumulative, "top_down": TopDown}
    found = components("mix").get(kind)
    if found is None or (kind in by_layer and colon and not value.isdecimal()):
        raise _unknown(name, by_layer)
    if kind in by_layer:
        if value:
            return [by_layer[kind](int(value))]
        of_layers = range(n_layers) if kind == "single" else range(1, n_layers - 1)
        return [by_layer[kind](number) for number in of_layers]
    options = dataclasses.fields(found.target)
    if not colon:
        return [cast(Mix, found.target())]
    if len(options) != 1:
        raise _unknown(name, by_layer)
    kinds = {"int": int, "float": float, "str": str}
    convert = kinds.get(getattr(options[0].type, "__name__", str(options[0].type)), str)
    try:
        return [cast(Mix, found.target(convert(value)))]
    except ValueError:
        raise ConfigurationError(
            f"mix {name!r}: {value!r} is no {convert.__name__}, which {kind} needs as its {options[0].name}"
        ) from None


def _unknown(name: str, by_layer: Iterable[str]) -> ConfigurationError:
    known = []
    for kind, component in components("mix").items():
        options = [option.name for option in dataclasses.fields(component.target)]
        known += [kind, f"{kind}:K"] if kind in by_layer else [kind]
        known += [f"{kind}:{options[0].upper()}"] if len(options) == 1 and kind not in by_layer else []
    return ConfigurationError(f"there is no mix called {name!r}; known: {', '.join(known)} (K is a layer)")


def _check_layer(label: str, layer: int, n_layers: int) -> None:
    if not 0 <= layer < n_layers:
        raise ConfigurationError(
            f"mix {label} asks for layer {layer}, but there are {n_layers} layers, 0 to {n_layers - 1}"
        )


def _equal(taking_part: int, n_layers: int) -> Float32[np.ndarray, "slots layers"]:
    row = np.zeros((1, n_layers), np.float32)
    row[0, :taking_part] = 1 / taking_part
    return row
