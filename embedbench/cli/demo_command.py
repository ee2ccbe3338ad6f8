"""`embedbench demo`: embedding families trained on the same words, and MiniLM, on several tasks, offline."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from omegaconf import DictConfig

from embedbench.cli.cell_config import run_configured
from embedbench.cli.configuration import compose
from embedbench.cli.console import progress_for
from embedbench.cli.table_command import show_table

_EXTRACTORS = ("small_word2vec", "small_bilm", "small_mlm", "minilm")
_TREEBANK_TASKS = ("upos", "deprel", "arc", "subj_number", "past_present", "ner_grammar", "bigram_shift")
_ON_GRAMMAR = "treebank@task.files=grammar_small"
_SETTINGS = (
    *("mixes=[scalar,single]", "seeds=[0,1]", "training.min_updates=150", "resamples=1999"),
    "training.solver=minibatch",  # a short schedule is quicker than the optimum, and enough to look around
)
"""Smaller than the defaults of `embedbench run`, so that the whole takes minutes; the table's footer says so."""


def execute(arguments: Sequence[str]) -> int:
    """Runs the demo's cells and prints their table; finished cells are not run again."""
    parser = argparse.ArgumentParser(
        prog="embedbench demo",
        description="Compares word2vec, an ELMo-style biLM and a BERT-style masked language model, which come with the "
        "package and were trained on the same words, and MiniLM as the large reference, on tasks from a generated "
        "treebank and on WordSim-353. Needs no network and no data set.",
    )
    parser.add_argument("--results", type=Path, default=Path("results/demo"), help="default: %(default)s")
    results = parser.parse_args(list(arguments)).results
    started = time.monotonic()
    progress = progress_for()
    cells = list(_cells())
    failed = 0
    with progress.cells(len(cells)):
        for number, (extractor, task, config) in enumerate(cells, 1):
            with progress.cell(f"{extractor} x {task}") as ended:
                progress.note(f"[{number}/{len(cells)}] {extractor} x {task}")
                config.results = str(results)
                outcome = run_configured(config, progress)
                ended(outcome.word)
            if outcome.record.error:
                failed += 1
                progress.complain(f"embedbench: {extractor} x {task}: {outcome.record.error.message}")
    show_table([results])
    progress.note(f"{len(cells)} cells in {time.monotonic() - started:.0f} s; the records are in {results}")
    progress.note(f"next: embedbench table {results} --mix best --selectivity; embedbench run --help")
    return 1 if failed else 0


def _cells() -> Iterator[tuple[str, str, DictConfig]]:
    """The cells with their configurations; each is what `embedbench run` would compose."""
    for extractor in _EXTRACTORS:
        for task in (*_TREEBANK_TASKS, "word_similarity_gensim"):
            # Word similarity trains nothing, so it has the plain mean where the others have a learned mix.
            own = ["mixes=[mean,single]"] if task == "word_similarity_gensim" else [_ON_GRAMMAR]
            yield extractor, task, compose([f"extractor={extractor}", f"task={task}", *_SETTINGS, *own])
