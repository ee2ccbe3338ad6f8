"""One door for all families: a model from a corpus and a budget."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from embedbench.errors import ConfigurationError
from embedbench.extractors.devices import Device
from embedbench.pretraining.budget import Budget
from embedbench.pretraining.corpus import CorpusFiles, read_corpus
from embedbench.pretraining.corpus_cache import cached_corpus
from embedbench.pretraining.options import BilmTraining, ModelOptions, TransformerTraining, Word2VecTraining, with_dim
from embedbench.pretraining.workplace import PretrainedModel
from embedbench.progress import Progress, SilentProgress


@dataclass(frozen=True)
class PretrainOptions:
    """What to train on what, how long and where to.

    Attributes:
        model: the family and its options.
        corpus: the text.
        budget: how much training.
        folder: of the model; it appears when the model is finished. Checkpoints lie in `folder`.training meanwhile.
        dim: dimensions of a word vector, the same for every family; None: what `model` says.
        seed: of first weights, order, dropout and masks.
        device: of the networks; word2vec and fastText run on the CPU.
        command: kept in the model card.
        cache: folder where the corpus is kept, cut into sentences; None keeps nothing.

    Raises:
        ConfigurationError: no folder, or dimensions that the family cannot have.
    """

    model: ModelOptions
    corpus: CorpusFiles
    budget: Budget
    folder: str
    dim: int | None = None
    seed: int = 0
    device: Device = Device.auto
    command: str = field(default="")
    cache: Path | None = None

    def __post_init__(self) -> None:
        if not self.folder:
            raise ConfigurationError("no folder is given for the model; expected folder=PATH")
        if self.dim is not None:
            object.__setattr__(self, "model", with_dim(self.model, self.dim))


def pretrain(options: PretrainOptions, *, progress: Progress | None = None) -> PretrainedModel:
    """The trained model; one that is finished in the folder already is returned as it is.

    Called again after a kill it goes on from the newest checkpoint, and the result is the same as without the kill.

    Raises:
        ConfigurationError: the folder holds something else.
        DataError: a corpus file is missing or damaged.
        NumericalError: training diverged.
        MissingExtraError: the family's library is not installed.
    """
    progress = progress or SilentProgress()
    if options.cache is None:
        corpus = read_corpus(options.corpus, progress)
    else:
        corpus = cached_corpus(options.corpus, options.cache, progress)
    for line in corpus.description:
        progress.note(line)
    folder = Path(options.folder).expanduser()
    model, budget, seed, command = options.model, options.budget, options.seed, options.command
    # The trainers import torch or gensim; options must stay light.
    if isinstance(model, Word2VecTraining):
        from embedbench.pretraining.static_training import train_static

        return train_static(corpus, model, budget, folder, seed=seed, command=command, progress=progress)
    if isinstance(model, BilmTraining):
        from embedbench.pretraining.bilm_training import train_bilm

        return train_bilm(
            corpus, model, budget, folder, seed=seed, device=options.device, command=command, progress=progress
        )
    assert isinstance(model, TransformerTraining)
    from embedbench.pretraining.transformer_training import train_transformer

    return train_transformer(
        corpus, model, budget, folder, seed=seed, device=options.device, command=command, progress=progress
    )
