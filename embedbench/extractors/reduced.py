"""Fewer dimensions of another extractor, so that embeddings of different sizes are compared at one size."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from embedbench.errors import ConfigurationError, NumericalError
from embedbench.fingerprint import fingerprint
from embedbench.registry import register
from embedbench.types import Corpus, FittedOnTrain, LayeredWords, Sentence

_VERSION = 1


class Method(enum.StrEnum):
    """How dimensions are reduced."""

    pca = "pca"
    """Principal components of each layer on its own, fitted on train words alone."""
    random_projection = "random_projection"
    """One Gaussian matrix for all layers; nothing is fitted."""


@register("extractor", "reduced")
@dataclass(frozen=True)
class Reduced:
    """Every layer of another extractor with `dim` dimensions, by PCA fitted on train or by random projection.

    PCA turns each layer on its own, so a mix of several layers adds axes that have nothing to do with each other; ask
    single layers, or take `random_projection`, which has one matrix for all layers and so commutes with every mix.

    Attributes:
        name: label in tables.
        inner: the extractor whose vectors are reduced (`+extractor@extractor.inner=minilm` places a preset).
        dim: dimensions of every layer; at most those of `inner`.
        method: `pca` (scikit-learn's `PCA`) or `random_projection` (`GaussianRandomProjection`).
        seed: of the sentences that PCA sees, and of the random matrix.
        fit_words: PCA sees whole train sentences, drawn until they have this many words; their vectors are in memory
            at once (fit_words x layers x inner dimensions x 4 bytes: 108 MB of MiniLM).
        standardise: PCA sees dimensions of variance 1, or a few of large variance would take the components.

    Raises:
        ConfigurationError: there is no inner extractor, or `dim` or `fit_words` is not positive.
    """

    name: str = "reduced"
    inner: Any = None
    dim: int = 100
    method: Method = Method.pca
    seed: int = 0
    fit_words: int = 10_000
    standardise: bool = True

    def __post_init__(self) -> None:
        if not callable(getattr(self.inner, "extract", None)):
            raise ConfigurationError(
                f"extractor {self.name!r} reduces another extractor, but its inner is {self.inner!r}; add one, such as "
                "+extractor@extractor.inner=minilm"
            )
        for option in ("dim", "fit_words"):
            if getattr(self, option) < 1:
                raise ConfigurationError(
                    f"extractor {self.name!r}: {option} must be at least 1, got {getattr(self, option)}"
                )

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Those of the inner extractor."""
        return tuple(self.inner.layer_names)

    @property
    def fingerprint(self) -> str:
        """Of the inner extractor and the options; where train is fitted on, that of the fitted one covers it too."""
        fitting = [self.fit_words, self.standardise] if self.method is Method.pca else []
        options = [self.dim, self.method.value, self.seed, *fitting]
        return fingerprint("reduced", _VERSION, self.inner.fingerprint, options)

    @property
    def needs_train(self) -> bool:
        """Whether PCA or the inner extractor must see the training words first."""
        return self.method is Method.pca or _needs_train(self.inner)

    def fitted(self, train: Corpus) -> FittedReduced:
        """The extractor that knows the train corpus; PCA looks at it when the first vectors are asked for.

        Raises:
            ConfigurationError: `dim` is larger than the inner extractor's, or train has fewer words than dimensions.
        """
        self._check_dim()
        if self.method is Method.pca and min(train.n_words, self.fit_words) < self.dim:
            raise ConfigurationError(
                f"extractor {self.name!r} cannot find {self.dim} principal components in "
                f"{min(train.n_words, self.fit_words)} train words; set extractor.dim to at most that"
            )
        inner = self.inner.fitted(train) if _needs_train(self.inner) else self.inner
        return FittedReduced(replace(self, inner=inner), train if self.method is Method.pca else None)

    def known_sentences(self) -> tuple[Sentence, ...] | None:
        """The sentences that the inner extractor knows, or None when it takes any sentence."""
        known: tuple[Sentence, ...] | None = getattr(self.inner, "known_sentences", lambda: None)()
        return known

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """The projected vectors, [words, layers, dim] float32.

        Raises:
            ConfigurationError: the training words must be seen first, or `dim` is larger than the inner extractor's.
        """
        if self.needs_train:
            raise ConfigurationError(
                f"extractor {self.name!r} must see the training words before it can give vectors; call fitted(train) "
                "first"
            )
        self._check_dim()
        return FittedReduced(self, None).extract(sentences)

    def _check_dim(self) -> None:
        if self.dim > self.inner.dim:
            raise ConfigurationError(
                f"extractor {self.name!r} cannot give {self.dim} dimensions, since {self.inner.name} has only "
                f"{self.inner.dim}; set extractor.dim to at most that"
            )


@dataclass(frozen=True, eq=False)
class FittedReduced:
    """Reduced vectors that know their train corpus.

    Attributes:
        options: what was asked for, with an inner extractor that knows the train corpus where it must.
        train: what PCA is fitted on; None for a random projection.
    """

    options: Reduced
    train: Corpus | None

    @property
    def name(self) -> str:
        """The label in tables."""
        return self.options.name

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Those of the inner extractor."""
        return self.options.layer_names

    @property
    def dim(self) -> int:
        """Dimensions of every layer."""
        return self.options.dim

    @property
    def fingerprint(self) -> str:
        """Of the options and, where it was fitted on, of the train corpus; nothing is fitted to compute it."""
        if self.train is None:
            return self.options.fingerprint
        return fingerprint("fitted", self.options.fingerprint, self.train.fingerprint)

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """The reduced vectors, [words, layers, dim] float32, with the inner extractor's alignment.

        Raises:
            NumericalError: a vector that PCA is fitted on is not finite.
        """
        words = self.options.inner.extract(sentences)
        centre, matrix = self._map
        layers_first = (words.values.astype(np.float32) - centre).swapaxes(0, 1)
        return LayeredWords(np.ascontiguousarray((layers_first @ matrix).swapaxes(0, 1)), words.alignment)

    @cached_property
    def _map(self) -> tuple[Float32[np.ndarray, "layers inner"], Float32[np.ndarray, "layers inner dim"]]:
        """What is subtracted, and what is multiplied with. Made once, by the first split that has no vectors yet."""
        if self.train is None:
            matrix = self._random_matrix()
            shape = (len(self.layer_names), *matrix.shape)
            return np.zeros(shape[:2], np.float32), np.broadcast_to(matrix, shape)
        seen = self.options.inner.extract(_sample(self.train, self.options.fit_words, self.options.seed)).values
        if not np.isfinite(seen).all():
            raise NumericalError(
                f"extractor {self.name!r} cannot be fitted: a vector that {self.options.inner.name} gave for a train "
                "word holds a NaN or an infinity"
            )
        fits = [self._principal(seen[:, layer].astype(np.float64)) for layer in range(seen.shape[1])]
        return np.stack([centre for centre, _ in fits]), np.stack([matrix for _, matrix in fits])

    def _random_matrix(self) -> Float32[np.ndarray, "inner dim"]:
        from sklearn.random_projection import GaussianRandomProjection

        projection = GaussianRandomProjection(self.dim, random_state=self.options.seed)
        # It looks at the shape alone.
        projection.fit(np.zeros((1, self.options.inner.dim)))
        return np.ascontiguousarray(projection.components_.T, np.float32)

    def _principal(
        self, seen: Float[np.ndarray, "words inner"]
    ) -> tuple[Float32[np.ndarray, "inner"], Float32[np.ndarray, "inner dim"]]:
        from sklearn.decomposition import PCA
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler(with_std=self.options.standardise).fit(seen)
        scale = np.ones(seen.shape[1]) if scaler.scale_ is None else scaler.scale_
        pca = PCA(self.dim, svd_solver="covariance_eigh").fit(scaler.transform(seen))
        centre = scaler.mean_ + pca.mean_ * scale
        return centre.astype(np.float32), (pca.components_ / scale).T.astype(np.float32)


def _needs_train(inner: Any) -> bool:
    return isinstance(inner, FittedOnTrain) and bool(getattr(inner, "needs_train", True))


def _sample(corpus: Corpus, words: int, seed: int) -> list[Sentence]:
    """Whole sentences, drawn without replacement until they have that many words, in corpus order."""
    if corpus.n_words <= words:
        return list(corpus.sentences)
    order = np.random.default_rng(seed).permutation(len(corpus.sentences))
    enough = int(np.searchsorted(np.cumsum(np.diff(corpus.offsets)[order]), words)) + 1
    return [corpus.sentences[sentence] for sentence in np.sort(order[:enough])]
