"""Probes with hidden layers or attention: stacked over members, differentiated by autograd."""

from __future__ import annotations

import torch
from jaxtyping import Float32, Int64, Shaped
from torch import Tensor
from torch.nn.functional import cross_entropy

from embedbench.probing.grades import grade_distributions
from embedbench.probing.groups import Batch, Parameters, Shape, initial_coefficients, learned_rows, parts_of
from embedbench.probing.members import Member
from embedbench.probing.probes import Pooling
from embedbench.probing.softmax_regression import current_coefficients


class NetworkGroup:
    """Multi-layer perceptrons, and any probe on spans pooled by attention."""

    def __init__(self, members: list[Member], parameters: Parameters, shape: Shape) -> None:
        self._probe = members[0].probe
        self._spans = shape.spans
        self._parts = parts_of(self._probe, shape.spans)
        self._rectified = getattr(self._probe, "rectified", True)
        self._n_layers = shape.layers
        # Depends on the seed alone, and members share the masks: a member drops the same units in any company.
        self._dropout = torch.Generator().manual_seed(members[0].seed)
        self.keep(members, parameters)

    def keep(self, members: list[Member], parameters: Parameters) -> None:
        """Goes on with these members only."""
        self.members, self.parameters = members, parameters
        self._fixed = initial_coefficients(members, self._n_layers)
        self._learned = learned_rows(members)

    def scores(self, batch: Batch) -> Float32[Tensor, "members labels batch"]:
        """The label scores of every member, without dropout."""
        with torch.no_grad():
            return self._forward(batch, self.parameters, training=False)

    def gradients(
        self, batch: Batch, labels: Shaped[Tensor, "members batch"]
    ) -> tuple[Float32[Tensor, "members"], Parameters]:
        """The loss of every member, and the gradients."""
        leaves = {name: value.detach().requires_grad_() for name, value in self.parameters.items()}
        with torch.enable_grad():
            scores = self._forward(batch, leaves, training=True)
            wanted = grade_distributions(labels, scores.shape[1]) if labels.is_floating_point() else labels
            losses = cross_entropy(scores, wanted, reduction="none").mean(dim=1)
            # Members share no parameter, so the gradient of the sum holds each member's own.
            # Once every learned mix has stopped, the members left have no use for the mixes' weights: zeros then.
            gradients = torch.autograd.grad(losses.sum(), list(leaves.values()), materialize_grads=True)
        return losses.detach(), dict(zip(leaves, gradients, strict=True))

    def _forward(self, batch: Batch, parameters: Parameters, *, training: bool) -> Tensor:
        coefficients = current_coefficients(self._fixed, self._learned, parameters)
        members, slots, layers = coefficients.shape
        parts, rows, dim = batch.values.shape[1:]
        mixed = (coefficients.view(-1, layers) @ batch.values.reshape(layers, -1)).view(
            members, slots, parts, rows, dim
        )
        vectors = mixed.permute(0, 2, 3, 1, 4).flatten(3)
        if self._probe.pooling is Pooling.attentive:
            assert batch.segments is not None
            vectors = attend(vectors[:, 0], parameters["attention"], batch.segments, self._spans * batch.size)
            vectors = vectors.view(members, self._spans, batch.size, -1)
        if half := self._parts.products:
            one, two = vectors[:, :half], vectors[:, half:]
            differences = [(one - two).abs()] if self._parts.differences else []
            vectors = torch.cat([vectors, one * two, *differences], dim=1)
        hidden = vectors.transpose(1, 2).flatten(2)
        depth = 0
        while f"weight{depth}" in parameters:
            if depth:
                hidden = torch.relu(hidden) if self._rectified else hidden
                if training and self._probe.dropout:
                    keep = 1 - self._probe.dropout
                    kept = torch.rand(hidden.shape[1:], generator=self._dropout) < keep
                    hidden = hidden * kept.to(hidden.dtype).div_(keep)
            weight, bias = parameters[f"weight{depth}"], parameters[f"bias{depth}"]
            hidden = torch.baddbmm(bias.unsqueeze(1), hidden, weight.transpose(1, 2))
            depth += 1
        return hidden.transpose(1, 2)


def attend(
    words: Float32[Tensor, "members words dim"],
    query: Float32[Tensor, "members dim"],
    segments: Int64[Tensor, "words"],
    n_segments: int,
) -> Float32[Tensor, "members segments dim"]:
    """The attention-weighted mean of the words of every segment; weights are a softmax over words of a span."""
    scores = (words @ query.unsqueeze(2)).squeeze(2)
    index = segments.expand(scores.shape)
    highest = scores.detach().new_full((len(words), n_segments), float("-inf"))
    highest = highest.scatter_reduce(1, index, scores.detach(), "amax")
    weights = (scores - highest.gather(1, index)).exp()
    total = torch.zeros_like(highest).scatter_add(1, index, weights)
    weights = weights / total.gather(1, index)
    pooled = words.new_zeros(len(words), n_segments, words.shape[2])
    return pooled.index_add(1, segments, weights.unsqueeze(2) * words)
