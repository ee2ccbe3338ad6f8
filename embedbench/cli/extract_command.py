"""`embedbench extract`: fill the store of word vectors only."""

from __future__ import annotations

from collections.abc import Sequence

from embedbench.cli.cell_config import cell_of, places_of
from embedbench.cli.configuration import compose, split_config_dir
from embedbench.cli.console import progress_for

_HELP = """usage: embedbench extract [overrides]

Fills the store with the vectors of one task's corpora, and prints where they are; `embedbench run` reads them later.
The size is printed before work starts; runtime.max_store_gb refuses more than that.

  embedbench extract extractor=minilm task=upos
"""


def execute(arguments: Sequence[str]) -> int:
    """Fills the stores of every split of one task and prints a line for each."""
    if any(argument in ("-h", "--help") for argument in arguments):
        print(_HELP, end="")
        return 0
    from embedbench.pipeline import fill_stores
    from embedbench.store.estimate import human_bytes

    overrides, folder = split_config_dir(arguments)
    config = compose(overrides, config_folder=folder)
    progress = progress_for()
    for which, store in fill_stores(cell_of(config), places_of(config), progress).items():
        counts = ", ".join(f"{n:,} {kind.replace('_', ' ')}" for kind, n in store.alignment.counts().items() if n)
        print(
            f"{which.value}: {store.n_words:,} words x {store.n_layers} layers x {store.dim} dims, "
            f"{human_bytes(store.nbytes)}" + (f"; {counts}" if counts else "")
        )
    return 0
