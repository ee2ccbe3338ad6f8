"""What the demo prepares: one training text for all, and a small ELMo trained on it at first use."""

from __future__ import annotations

import os
from pathlib import Path

from embedbench.data.locate import locate
from embedbench.data.raw_text import read_sentences
from embedbench.progress import Progress
from embedbench.tasks.grammar import generate
from embedbench.types import Split

ELMO_FILES = ("options.json", "weights.hdf5")
"""What a published ELMo consists of."""

_GRAMMAR_SENTENCES = 6_000
_GRAMMAR_SEED = 99
"""Another seed than the tasks', whose splits share no sentence with this text in any case."""
_WORDS_OF_TRAINING = 100_000


def prepare_demo(cache: Path, progress: Progress) -> tuple[Path, Path]:
    """The training text, and the folder of the ELMo trained on it; both are kept below `cache`."""
    from embedbench.pretraining.bilm_training import train_bilm
    from embedbench.pretraining.budget import Budget
    from embedbench.pretraining.corpus import CorpusFiles, WordForm, read_corpus
    from embedbench.pretraining.options import BilmTraining

    folder = cache / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / "text.txt"
    if not text.is_file():
        _write_text(text)
    elmo = folder / "elmo"
    if not all((elmo / name).is_file() for name in ELMO_FILES):
        progress.note("training a small ELMo on the demo's text; this happens once")
        corpus = read_corpus(CorpusFiles(files=(str(text),), words=WordForm.spaces, held_out=0.02))
        train_bilm(corpus, BilmTraining(), Budget(words=_WORDS_OF_TRAINING, evaluations=5), elmo, progress=progress)
    return text, elmo


def _write_text(path: Path) -> None:
    """News of gensim's Lee corpus (real text) and sentences of the grammar (the tasks' vocabulary)."""
    from embedbench.data.tokenisation import sentences_of

    articles = (" ".join(words) for words in read_sentences(locate("gensim:lee_background.cor")))
    lines = [" ".join(sentence) for article in articles for sentence in sentences_of(article)]
    grammar = generate(Split.TRAIN, seed=_GRAMMAR_SEED, n_sentences=_GRAMMAR_SENTENCES)
    lines += [" ".join(token.form for token in sentence.tokens) for sentence in grammar]
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
    partial.replace(path)
