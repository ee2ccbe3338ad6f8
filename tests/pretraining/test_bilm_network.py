from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from pretraining_toy import toy_corpus
from torch.nn.utils.rnn import PackedSequence

from embedbench.extractors.elmo import Elmo
from embedbench.models.bilm_options import read_options
from embedbench.models.bilm_weights import read_bilm
from embedbench.pretraining.bilm_lstm import PackedLstm
from embedbench.pretraining.bilm_network import BilmNetwork
from embedbench.pretraining.bilm_training import BilmObjective
from embedbench.pretraining.bilm_writing import write_bilm
from embedbench.pretraining.options import BilmTraining
from embedbench.pretraining.vocabulary import WordClasses

SMALL = BilmTraining(projection=6, cell=10, filters=(4, 8), character_dim=4, dropout=0.0, cutoffs=(4,), n_highway=2)


@pytest.mark.parametrize("running", [[4, 3, 3, 1], [1], [2, 2]])
def test_outputs_and_gradients_are_those_of_torch_lstm(running: list[int]) -> None:
    generator = torch.Generator().manual_seed(0)
    shapes = [(2, sum(running), 3), (2, 3, 20), (2, 3, 20), (2, 20), (2, 5, 3)]
    ours = [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]
    out = PackedLstm.apply(*ours, running, torch.float32)
    weight = torch.randn(out.shape, generator=generator)
    (out * weight).sum().backward()
    for d in range(2):
        theirs = torch.nn.LSTM(3, 5, proj_size=3)
        with torch.no_grad():
            theirs.weight_ih_l0.copy_(ours[1][d].T)
            theirs.weight_hh_l0.copy_(ours[2][d].T)
            theirs.bias_ih_l0.copy_(ours[3][d])
            theirs.bias_hh_l0.zero_()
            theirs.weight_hr_l0.copy_(ours[4][d].T)
        inputs = ours[0][d].detach().clone().requires_grad_()
        expected = theirs(PackedSequence(inputs, torch.tensor(running)))[0].data
        (expected * weight[d]).sum().backward()
        gradients = [
            inputs.grad, theirs.weight_ih_l0.grad.T, theirs.weight_hh_l0.grad.T,
            theirs.bias_ih_l0.grad, theirs.weight_hr_l0.grad.T,
        ]  # fmt: skip
        # Sums in another order: a few units in the last place of float32.
        torch.testing.assert_close(out[d], expected, atol=1e-6, rtol=1e-5)
        for mine, gradient in zip(ours, gradients, strict=True):
            torch.testing.assert_close(mine.grad[d], gradient, atol=2e-6, rtol=1e-5)


@pytest.fixture
def network() -> tuple[BilmNetwork, BilmObjective, WordClasses]:
    corpus = toy_corpus(60)
    classes = WordClasses.of(corpus, 100, 1)
    network = BilmNetwork(SMALL.shape(), classes=classes, cutoffs=SMALL.cutoffs, dropout=0.0, seed=3)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)), alpha=0.1)
    objective = BilmObjective(corpus, network, classes, words_per_batch=64, seed=0, device=torch.device("cpu"))
    return network, objective, classes


def test_written_and_read_back_it_is_the_same_model(network: tuple, tmp_path: Path) -> None:
    bilm = network[0].bilm()
    write_bilm(bilm, tmp_path)
    options = read_options(tmp_path / "options.json")
    assert options == SMALL.shape()
    again = read_bilm(options, tmp_path / "weights.hdf5")
    torch.testing.assert_close(again.characters.embedding[1:], bilm.characters.embedding[1:], atol=0, rtol=0)
    for mine, theirs in zip(bilm.lstm, again.lstm, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            torch.testing.assert_close(a.input, b.input, atol=0, rtol=0)
            # The format stores the forget bias less one: the subtraction rounds once.
            torch.testing.assert_close(a.bias, b.bias, atol=2e-7, rtol=0)
            torch.testing.assert_close(a.projection, b.projection, atol=0, rtol=0)


def test_the_extractor_reads_the_states_that_training_computed(network: tuple, tmp_path: Path) -> None:
    """The loss recomputed from the extractor's top layer is the training loss, prediction by prediction."""
    model, objective, classes = network
    write_bilm(model.bilm(), tmp_path)
    corpus = objective._corpus
    text = corpus.held_out
    elmo = Elmo(options=str(tmp_path / "options.json"), weights_file=str(tmp_path / "weights.hdf5"))
    sentences = [tuple(corpus.types[k] for k in text.words_of(np.array([s]))) for s in range(text.n_sentences)]
    top = torch.from_numpy(elmo.extract(sentences).values[:, -1])
    half = top.shape[1] // 2
    model.eval()
    with torch.no_grad():
        for s in range(text.n_sentences):
            left, right = objective._losses(text, np.array([s]))
            words = classes.of_type[text.words_of(np.array([s]))]
            rows = slice(int(text.offsets[s]), int(text.offsets[s + 1]))
            # After word i the next word, or the end; before word i the one before, or the start.
            nexts = torch.tensor([*words[1:], classes.end])
            previous = torch.tensor([*words[:-1][::-1], classes.start])
            torch.testing.assert_close(left[1:], -model.softmax(top[rows, :half], nexts).output, atol=1e-5, rtol=1e-5)
            backward = top[rows, half:].flip(0)
            torch.testing.assert_close(right[1:], -model.softmax(backward, previous).output, atol=1e-5, rtol=1e-5)


def test_losses_do_not_depend_on_the_batch(network: tuple) -> None:
    model, objective, _ = network
    model.eval()
    text = objective._corpus.held_out
    with torch.no_grad():
        together = sum(float(part.sum()) for part in objective._losses(text, np.arange(text.n_sentences)))
        alone = sum(
            float(part.sum()) for s in range(text.n_sentences) for part in objective._losses(text, np.array([s]))
        )
    assert together == pytest.approx(alone, rel=1e-6)


def test_half_precision_halves_the_file_and_rounds(network: tuple, tmp_path: Path) -> None:
    bilm = network[0].bilm()
    write_bilm(bilm, tmp_path, half=True)
    again = read_bilm(read_options(tmp_path / "options.json"), tmp_path / "weights.hdf5")
    expected = bilm.lstm[0][0].input.half().float()
    torch.testing.assert_close(again.lstm[0][0].input, expected, atol=0, rtol=0)


def test_unigram_floor_is_the_entropy_when_the_held_out_text_repeats_the_training_text() -> None:
    corpus = toy_corpus(400)
    classes = WordClasses.of(corpus, 100, 1)
    counts = classes.counts.astype(float)
    counts[classes.start] = 0
    p = counts[counts > 0] / counts.sum()
    # Adding one to each count moves it a little.
    assert classes.unigram_loss(corpus.train) == pytest.approx(-(p * np.log(p)).sum(), rel=1e-3)
