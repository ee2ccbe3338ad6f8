"""`embedbench extract`: fill the store of word vectors only."""

from __future__ import annotations

from collections.abc import Sequence

from embedbench.allocation import peak_memory
from embedbench.cli.cell_config import cell_of, places_of, workers_of
from embedbench.cli.configuration import compose, split_config_dir
from embedbench.cli.console import progress_for

_HELP = """usage: embedbench extract [overrides]

Fills the store with the vectors of one task's corpora, and prints where they are; `embedbench run` reads them later.
The size is printed before work starts; runtime.max_store_gb refuses more than that. Killed at any moment, the same
command goes on at the first shard that is missing, and ends with the same bytes.

  embedbench extract extractor=minilm task=upos
  embedbench extract extractor=minilm task=upos runtime.processes=4 runtime.threads=2
  embedbench extract extractor=minilm task=upos runtime=ray runtime.address=auto runtime.processes=64 runtime.gpus=1

runtime=ray needs: pip install 'embedbench[ray]'; and a folder paths.store that all nodes share.
"""


def execute(arguments: Sequence[str]) -> int:
    """Fills the stores of every split of one task and prints a line for each."""
    if any(argument in ("-h", "--help") for argument in arguments):
        print(_HELP, end="")
        return 0
    from embedbench.pipeline import fill_stores, set_threads
    from embedbench.store.estimate import human_bytes

    overrides, folder = split_config_dir(arguments)
    config = compose(overrides, config_folder=folder)
    progress, places = progress_for(), places_of(config)
    set_threads(places.threads)
    for which, store in fill_stores(cell_of(config), places, progress, workers_of(config)).items():
        counts = ", ".join(f"{n:,} {kind.replace('_', ' ')}" for kind, n in store.alignment.counts().items() if n)
        print(
            f"{which.value}: {store.n_words:,} words x {store.n_layers} layers x {store.dim} dims, "
            f"{human_bytes(store.nbytes)}, in {store.folder}" + (f"; {counts}" if counts else "")
        )
    if (peak := peak_memory()) is not None:
        progress.note(f"this process: peak memory {human_bytes(peak)}")
    return 0
