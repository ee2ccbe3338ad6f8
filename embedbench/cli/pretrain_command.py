"""`embedbench pretrain`: one embedding family on raw text, with a stated budget."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from embedbench.cli.configuration import build, compose, register_node, split_config_dir
from embedbench.cli.console import progress_for
from embedbench.extractors.devices import Device
from embedbench.pretraining.budget import Budget
from embedbench.pretraining.corpus import CorpusFiles
from embedbench.pretraining.options import FAMILIES
from embedbench.pretraining.pretrain import PretrainOptions, pretrain

_HELP = """usage: embedbench pretrain model=FAMILY corpus=NAME folder=FOLDER [overrides]

Trains one family on raw text; the same command after a kill goes on from the newest checkpoint, to the same weights.

  model    word2vec, fasttext, bilm (ELMo), mlm (BERT-style), clm (GPT-2-style)
  corpus   masc, gutenberg, books_and_masc, lee, or files with 'corpus.files=[a.txt,b.txt.gz]'
  budget   words (budget.words=N words seen in training), small, shipped

  embedbench pretrain model=bilm corpus=masc budget.words=2_000_000 folder=models/bilm
  embedbench pretrain model=mlm corpus=files 'corpus.files=[text.txt.xz]' dim=128 folder=models/mlm
  embedbench pretrain model=mlm model.next_sentence=true corpus=masc folder=models/mlm_nsp
"""


def execute(arguments: Sequence[str]) -> int:
    """Trains, and prints what the model card says."""
    if not arguments or any(argument in ("-h", "--help") for argument in arguments):
        print(_HELP, end="")
        return 0
    for name, family in FAMILIES.items():
        register_node("model", name, family)
    register_node("corpus", "files", CorpusFiles)
    register_node("budget", "words", Budget)
    overrides, folder = split_config_dir(arguments)
    config = compose(overrides, config_folder=folder, config_name="pretrain")
    options = PretrainOptions(
        model=build(config.model),
        corpus=build(config.corpus),
        budget=build(config.budget),
        folder=str(config.folder),
        dim=None if config.dim is None else int(config.dim),
        seed=int(config.seed),
        device=Device(str(config.device)),
        cache=Path(str(config.paths.store)) / "corpora",
    )
    command = "embedbench pretrain " + " ".join(map(shlex.quote, overrides))
    trained = pretrain(replace(options, command=command), progress=progress_for())
    print(trained.folder)
    return 0
