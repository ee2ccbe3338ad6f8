"""`embedbench geometry`: how the layers of an extractor arrange the words of a task's training sentences."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embedbench.cells import load_splits
from embedbench.cli.cell_config import cell_of, places_of
from embedbench.cli.configuration import compose, split_config_dir
from embedbench.cli.console import progress_for
from embedbench.errors import ConfigurationError
from embedbench.figures.drawing import checked_path, save
from embedbench.figures.likeness_map import likeness_figure
from embedbench.reporting.formats import as_text
from embedbench.reporting.sheet import Entry, Row, Sheet
from embedbench.types import Corpus, Split, WordVectors

_HELP = """usage: embedbench geometry [overrides] [--against EXTRACTOR] [--figure FILE]

Per layer, over the task's train sentences (limit=N keeps the first N): anisotropy, self-similarity, intra-sentence
similarity and maximum explainable variance (Ethayarajh 2019), raw and with standardised dimensions; then debiased
linear CKA (Kornblith et al. 2019) between all layers, or with those of another extractor. All vectors are in memory at
once: give a limit. --figure also draws the CKA map, as a .png, .svg or .pdf file.

  embedbench geometry extractor=minilm task=upos limit=500
  embedbench geometry extractor=minilm task=upos limit=500 --against word2vec_googlenews
"""

_MEASURES = ("anisotropy", "self-similarity", "intra-sentence", "explainable")


def execute(arguments: Sequence[str]) -> int:
    """Prints two tables."""
    if any(argument in ("-h", "--help") for argument in arguments):
        print(_HELP, end="")
        return 0
    rest, other = _taken(arguments, "--against", "an extractor, such as --against word2vec_googlenews")
    overrides, picture = _taken(rest, "--figure", "a file, such as --figure cka.svg")
    path = None if picture is None else checked_path(Path(picture))
    name, layers, vectors, corpus = _vectors(overrides)
    sheets = [measures_sheet(name, layers, vectors, corpus)]
    across = (name, layers, vectors)
    if other is not None:
        other_name, other_layers, other_vectors, _ = _vectors([*overrides, f"extractor={other}"])
        across = (other_name, other_layers, other_vectors)
    alike = None
    if vectors.n_layers > 1 or other is not None:
        alike = likeness(vectors, across[2])
        sheets.append(cka_sheet((name, layers), across[:2], alike))
    elif path is not None:
        raise ConfigurationError(f"{name} has one layer; --figure draws the likeness of layers, see --against")
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else None
    color = terminal and "NO_COLOR" not in os.environ
    sys.stdout.write("\n".join(as_text(sheet, width=width, color=color) for sheet in sheets))
    if path is not None and alike is not None:
        save(likeness_figure(alike, (name, layers), across[:2]), path)
        sys.stderr.write(f"{path}\n")
    return 0


def _taken(arguments: Sequence[str], option: str, needs: str) -> tuple[list[str], str | None]:
    """The other arguments, and the value of the option if it is there.

    Raises:
        ConfigurationError: the option stands last, without a value.
    """
    rest = list(arguments)
    if option not in rest:
        return rest, None
    place = rest.index(option)
    if place + 1 == len(rest):
        raise ConfigurationError(f"{option} needs {needs}")
    return rest[:place] + rest[place + 2 :], rest[place + 1]


def _vectors(overrides: Sequence[str]) -> tuple[str, tuple[str, ...], WordVectors, Corpus]:
    from embedbench.pipeline import fill_stores

    own, folder = split_config_dir(overrides)
    config = compose(own, config_folder=folder)
    cell = cell_of(config)
    stores = fill_stores(cell, places_of(config), progress_for())
    which = Split.TRAIN if Split.TRAIN in stores else Split.TEST
    return cell.extractor.name, tuple(cell.extractor.layer_names), stores[which], load_splits(cell)[which].corpus


def _all(vectors: WordVectors) -> np.ndarray:
    return vectors.gather(np.arange(vectors.n_words, dtype=np.int64))


def measures_sheet(name: str, layers: Sequence[str], vectors: WordVectors, corpus: Corpus) -> Sheet:
    """Anisotropy, self-similarity and explainable variance of every layer, raw and standardised."""
    from embedbench.scoring.geometry import LEAST_OCCURRENCES, measure, standardised

    rows = []
    zeros = 0
    everything = _all(vectors)
    for number, layer in enumerate(layers):
        values = everything[:, number]
        entries = []
        for found in (measure(values, corpus), measure(standardised(values), corpus)):
            zeros = max(zeros, found.zeros)
            entries += [found.anisotropy, found.self_similarity, found.intra_sentence, found.explainable]
        rows.append(Row(f"{number} {layer}", tuple(Entry(f"{value:.3f}") for value in entries)))
    notes = (
        f"{name}, {vectors.n_words:,} words in {len(corpus.sentences):,} sentences; z: every dimension standardised",
        "anisotropy: mean cosine of words of different sentences; subtract it from the similarities to adjust them",
        f"self-similarity and explainable variance: words in at least {LEAST_OCCURRENCES} sentences",
        *((f"{zeros:,} zero vectors were left out",) if zeros else ()),
    )
    return Sheet("", (*_MEASURES, *(f"{measure} z" for measure in _MEASURES)), tuple(rows), notes, corner="layer")


def likeness(first: WordVectors, second: WordVectors) -> np.ndarray:
    """Debiased linear CKA between the layers of both."""
    from embedbench.scoring.cka import cka_between_layers

    values = _all(first)
    return cka_between_layers(values, values if second is first else _all(second), debiased=True)


def cka_sheet(first: tuple[str, Sequence[str]], second: tuple[str, Sequence[str]], table: np.ndarray) -> Sheet:
    """The likeness of layers, from names and layer names of both."""
    rows = [
        Row(f"{number} {layer}", tuple(Entry(f"{value:.3f}") for value in table[number]))
        for number, layer in enumerate(first[1])
    ]
    note = f"debiased linear CKA: rows {first[0]}, columns {second[0]}; 1 is the same arrangement of words, 0 unrelated"
    return Sheet("", tuple(f"{n} {layer}" for n, layer in enumerate(second[1])), tuple(rows), (note,), corner="layer")
