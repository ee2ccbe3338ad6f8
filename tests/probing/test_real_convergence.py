"""On real text the linear probe reaches what a converged solver reaches (speed.md: a short schedule does not)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embedbench.data.conllu import read_conllu
from embedbench.mixing import Single
from embedbench.probing.members import Member, ProbeData, Solver, Training
from embedbench.probing.probes import Linear
from embedbench.probing.standard import measure_standard, words_of_targets
from embedbench.probing.trainer import train_members
from embedbench.types import ArrayVectors, Corpus, TaskSplit

TOLERANCE = 0.003
MINIBATCH = Training(solver=Solver.minibatch)
"""As usual, but for the solver, which otherwise depends on the number of targets."""


def upos(path: Path, names: dict[str, int], table, step: int) -> ProbeData:
    sentences = read_conllu(path)[::step]
    corpus = Corpus.of([token.form for token in sentence.tokens] for sentence in sentences)
    labels = np.array([names.setdefault(token.upos, len(names)) for s in sentences for token in s.tokens], np.int64)
    rows = [table.key_to_index.get(word, table.key_to_index.get(word.lower(), -1)) for word in corpus.words]
    padded = np.concatenate([table.vectors, np.zeros((1, table.vector_size), np.float32)])
    starts = np.arange(corpus.n_words)
    spans = np.stack([starts, starts + 1], axis=1)[:, None]
    split = TaskSplit(corpus, spans, labels, corpus.sentence_of(starts))
    return ProbeData(ArrayVectors(padded[rows][:, None]), split, {"task": labels})


@pytest.mark.slow
def test_upos_of_english_ewt_on_googlenews_equals_logistic_regression(data_folder: Path) -> None:
    from gensim.models import KeyedVectors
    from sklearn.linear_model import LogisticRegression

    path = data_folder / "vectors/googlenews_word2vec_300d.8k.bin.gz"
    table = KeyedVectors.load_word2vec_format(str(path), binary=True)
    names: dict[str, int] = {}
    # Every fifth sentence of train is enough to tell a schedule that is too short: some 40,000 targets.
    train, dev = (
        upos(data_folder / f"ud/en_ewt-ud-{which}.conllu.gz", names, table, step)
        for which, step in (("train", 5), ("dev", 1))
    )
    standard = measure_standard(train.vectors, words_of_targets(train.split))
    inputs, unseen = (
        ((data.vectors.gather(np.arange(data.vectors.n_words)) - standard.mean) * standard.scale)[:, 0]
        for data in (train, dev)
    )
    exact = LogisticRegression(max_iter=400, tol=1e-4).fit(inputs, train.labels["task"])
    fitted = train_members(train, dev, [Member(Single(0), Linear())], {"task": len(names)}, MINIBATCH)
    assert fitted.dev_scores[0] == pytest.approx(exact.score(unseen, dev.labels["task"]), abs=TOLERANCE)
