"""Linear probes with hand-written gradients: two matrix products per layer for all members that read that layer.

With scores Z = W X and labels y, the gradient of the mean cross-entropy is dZ = (softmax(Z) - onehot(y)) / n and
dW = dZ X'. Scores are kept labels-first, which makes both products and the softmax run along the batch.
"""

from __future__ import annotations

from itertools import groupby

import torch
from jaxtyping import Float32, Int64, Shaped
from torch import Tensor

from embedbench.mixing import Single
from embedbench.probing.grades import grade_distributions
from embedbench.probing.groups import (
    Batch,
    Parameters,
    Parts,
    Shape,
    initial_coefficients,
    learned_rows,
    parts_of,
)
from embedbench.probing.members import Member

_ROWS_PER_PRODUCT = 8
"""Of a batch, in `inner_products`: two vectors of so many rows fit the innermost cache."""


def softmax_gradient(
    scores: Float32[Tensor, "members labels batch"], labels: Shaped[Tensor, "members batch"]
) -> tuple[Float32[Tensor, "members"], Float32[Tensor, "members labels batch"]]:
    """The mean cross-entropy (nats) of every member, and its gradient with respect to the scores.

    Labels are whole numbers; a label that is a grade between two whole ones is the distribution over both.
    """
    gradient = torch.log_softmax(scores, dim=1)
    if labels.is_floating_point():
        wanted = grade_distributions(labels, scores.shape[1])
        losses = (gradient * wanted).sum(dim=1).mean(dim=1).neg()
        return losses, gradient.exp_().sub_(wanted).div_(scores.shape[2])
    index = labels.unsqueeze(1)
    losses = gradient.gather(1, index).squeeze(1).mean(dim=1).neg()
    gradient.exp_()
    gradient.scatter_add_(1, index, gradient.new_full((1, 1, 1), -1.0).expand(index.shape))
    return losses, gradient.div_(scores.shape[2])


class SingleLayerGroup:
    """Linear probes of single layers: one wide product per layer for every member on it (task, control)."""

    def __init__(self, members: list[Member], parameters: Parameters, shape: Shape) -> None:
        self._parts = parts_of(members[0].probe, shape.spans)
        self.keep(members, parameters)

    def keep(self, members: list[Member], parameters: Parameters) -> None:
        """Goes on with these members only."""
        self.members, self.parameters = members, parameters

    def scores(self, batch: Batch) -> Float32[Tensor, "members labels batch"]:
        """The label scores of every member."""
        return self._forward(batch)[0]

    def gradients(
        self, batch: Batch, labels: Shaped[Tensor, "members batch"]
    ) -> tuple[Float32[Tensor, "members"], Parameters]:
        """The loss of every member, and the gradients."""
        scores, inputs = self._forward(batch)
        losses, delta = softmax_gradient(scores, labels)
        weight = torch.empty_like(self.parameters["weight0"])
        for layer, rows in self._layers():
            wide = delta[rows].flatten(0, 1)
            for part, vectors in enumerate(inputs):
                width = vectors.shape[2]
                out = weight[rows].flatten(0, 1)[:, part * width : (part + 1) * width]
                torch.mm(wide, vectors[layer], out=out)
        return losses, {"weight0": weight, "bias0": delta.sum(dim=2)}

    def first_seen(self, batch: Batch) -> tuple[Float32[Tensor, "labels batch"], Float32[Tensor, "batch width"]]:
        """The scores of the first member, and what it computes them from."""
        scores, inputs = self._forward(batch)
        return scores[0], torch.cat([vectors[_layer(self.members[0])] for vectors in inputs], dim=1)

    def _forward(self, batch: Batch) -> tuple[Tensor, list[Tensor]]:
        inputs = [batch.values[:, part] for part in range(self._parts.vectors)]
        inputs += combined(inputs, self._parts, 1)
        weight, bias = self.parameters["weight0"], self.parameters["bias0"]
        scores = bias.unsqueeze(2).repeat(1, 1, batch.size)
        for layer, rows in self._layers():
            wide, out = weight[rows].flatten(0, 1), scores[rows].flatten(0, 1)
            for part, vectors in enumerate(inputs):
                width = vectors.shape[2]
                out.addmm_(wide[:, part * width : (part + 1) * width], vectors[layer].T)
        return scores, inputs

    def _layers(self) -> list[tuple[int, slice]]:
        """Each layer with the members on it, which are neighbours: the members are sorted by layer."""
        found = []
        for layer, group in groupby(enumerate(self.members), key=lambda item: _layer(item[1])):
            rows = [row for row, _ in group]
            found.append((layer, slice(rows[0], rows[-1] + 1)))
        return found


def _layer(member: Member) -> int:
    assert isinstance(member.mix, Single)
    return member.mix.layer


class MixGroup:
    """Linear probes of mixes: the layers are mixed for all members in one product, then one batched product."""

    def __init__(self, members: list[Member], parameters: Parameters, shape: Shape) -> None:
        self._parts = parts_of(members[0].probe, shape.spans)
        self._n_layers = shape.layers
        self.keep(members, parameters)

    def keep(self, members: list[Member], parameters: Parameters) -> None:
        """Goes on with these members only."""
        self.members, self.parameters = members, parameters
        self._fixed = initial_coefficients(members, self._n_layers)
        self._learned = learned_rows(members)

    def scores(self, batch: Batch) -> Float32[Tensor, "members labels batch"]:
        """The label scores of every member."""
        return self._forward(batch)[0]

    def gradients(
        self, batch: Batch, labels: Shaped[Tensor, "members batch"]
    ) -> tuple[Float32[Tensor, "members"], Parameters]:
        """The loss of every member, and the gradients."""
        scores, inputs = self._forward(batch)
        losses, delta = softmax_gradient(scores, labels)
        weight = torch.empty_like(self.parameters["weight0"])
        for part, vectors in enumerate(inputs):
            width = vectors.shape[2]
            weight[:, :, part * width : (part + 1) * width] = torch.bmm(delta, vectors)
        gradients = {"weight0": weight, "bias0": delta.sum(dim=2)}
        if "mix" in self.parameters:
            gradients |= self._mix_gradients(batch, delta, inputs)
        return losses, gradients

    def first_seen(self, batch: Batch) -> tuple[Float32[Tensor, "labels batch"], Float32[Tensor, "batch width"]]:
        """The scores of the first member, and what it computes them from."""
        scores, inputs = self._forward(batch)
        return scores[0], torch.cat([vectors[0] for vectors in inputs], dim=1)

    def _forward(self, batch: Batch) -> tuple[Tensor, list[Tensor]]:
        coefficients = current_coefficients(self._fixed, self._learned, self.parameters)
        members, slots, layers = coefficients.shape
        dim = batch.values.shape[3]
        mixed = coefficients.view(-1, layers) @ batch.values.reshape(layers, -1)
        vectors = mixed.view(members, slots, self._parts.vectors, batch.size, dim)
        inputs = [vectors[:, slot, part] for part in range(self._parts.vectors) for slot in range(slots)]
        inputs += combined(inputs, self._parts, slots)
        weight = self.parameters["weight0"]
        scores = self.parameters["bias0"].unsqueeze(2).repeat(1, 1, batch.size)
        for part, vector in enumerate(inputs):
            scores.baddbmm_(weight[:, :, part * dim : (part + 1) * dim], vector.transpose(1, 2))
        return scores, inputs

    def _mix_gradients(self, batch: Batch, delta: Tensor, inputs: list[Tensor]) -> Parameters:
        # Learned mixes have one slot, so parts are spans (or their ends).
        rows, dim = self._learned, batch.values.shape[3]
        chosen = slice(0, len(rows)) if rows.equal(torch.arange(len(rows))) else rows  # a slice copies nothing
        weight = self.parameters["weight0"][chosen]
        towards = delta[chosen].transpose(1, 2)
        back = [torch.bmm(towards, weight[:, :, p * dim : (p + 1) * dim]) for p in range(len(inputs))]
        n_vectors, n_products = self._parts.vectors, self._parts.products
        for part in range(n_products):
            product, other = back[n_vectors + part], part + n_products
            one, two = inputs[part][chosen], inputs[other][chosen]
            back[part].addcmul_(product, two)
            back[other].addcmul_(product, one)
            if self._parts.differences:
                towards_one = back[n_vectors + n_products + part] * torch.sign(one - two)
                back[part].add_(towards_one)
                back[other].sub_(towards_one)
        coefficients = torch.zeros(len(rows), batch.values.shape[0])
        for part in range(n_vectors):
            coefficients += inner_products(back[part], batch.values[:, part])
        return mix_gradients(coefficients, self._fixed, rows, self.parameters)


def combined(inputs: list[Tensor], parts: Parts, slots: int) -> list[Tensor]:
    """The products of the first half of the vectors with the second, then their absolute differences."""
    step = parts.products * slots
    pairs = [(inputs[part], inputs[part + step]) for part in range(step)]
    products = [one * two for one, two in pairs]
    return products + ([(one - two).abs() for one, two in pairs] if parts.differences else [])


def inner_products(
    left: Float32[Tensor, "members batch dim"], right: Float32[Tensor, "layers batch dim"]
) -> Float32[Tensor, "members layers"]:
    """The inner product of every matrix on the left with every matrix on the right.

    As many small products: one of a few long rows with a few long columns takes four times as long.
    """
    members, batch, dim = left.shape
    whole = batch - batch % _ROWS_PER_PRODUCT
    parts = [(left[:, whole:], right[:, whole:], batch - whole), (left[:, :whole], right[:, :whole], _ROWS_PER_PRODUCT)]
    found = torch.zeros(members, len(right))
    for one, other, rows in parts:
        if one.shape[1]:
            pieces = one.shape[1] // rows
            short = one.reshape(members, pieces, rows * dim).transpose(0, 1)
            found += torch.bmm(short, other.reshape(len(right), pieces, rows * dim).permute(1, 2, 0)).sum(dim=0)
    return found


def current_coefficients(
    fixed: Float32[Tensor, "members slots layers"], learned: Int64[Tensor, "learned"], parameters: Parameters
) -> Float32[Tensor, "members slots layers"]:
    """The coefficients of every member's mix as trained so far: gamma * softmax(w) where learned."""
    if not len(learned):
        return fixed
    weights = parameters["mix"].masked_fill(fixed[:, 0] == 0, float("-inf")).softmax(dim=1)
    mixed = (parameters["gamma"].unsqueeze(1) * weights).unsqueeze(1)
    if len(learned) == len(fixed):
        return mixed
    return fixed.index_copy(0, learned, mixed[learned])


def mix_gradients(
    coefficients: Float32[Tensor, "learned layers"],
    fixed: Float32[Tensor, "members slots layers"],
    rows: Int64[Tensor, "learned"],
    parameters: Parameters,
) -> Parameters:
    """The gradients of `w` and `gamma`, from those of the coefficients gamma * softmax(w); zero where not learned."""
    weights = parameters["mix"][rows].masked_fill(fixed[rows, 0] == 0, float("-inf")).softmax(dim=1)
    along = (coefficients * weights).sum(dim=1)
    gamma, mix = torch.zeros_like(parameters["gamma"]), torch.zeros_like(parameters["mix"])
    gamma[rows] = along
    mix[rows] = parameters["gamma"][rows].unsqueeze(1) * weights * (coefficients - along.unsqueeze(1))
    return {"mix": mix, "gamma": gamma}
