"""Hugging Face models in memory: trained, or one of two random twins, with what extraction must know about them."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from embedbench.errors import ConfigurationError, ContractError, DataError, MissingExtraError
from embedbench.extractors.tokenizing import Template, put_space_before_words, read_template
from embedbench.extractors.transformer_source import ModelSource, first_line

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from embedbench.models.packed_bert import PackedBert

_NO_LIMIT = 1_000_000_000
"""Tokenizers without a limit state an astronomical one."""


class TransformerWeights(enum.StrEnum):
    """Where the numbers of the model come from; the names are what a user types."""

    trained = "trained"
    random = "random"
    """Everything is drawn as the configuration says, as before training."""
    random_upper = "random_upper"
    """The trained input layer with random blocks above."""


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A network and its tokenizer.

    Attributes:
        network: in evaluation mode, on its device; of an encoder-decoder only the encoder.
        packed: the same network without padding, where there is such a twin; it is faster on a CPU.
        tokenizer: a fast one.
        template: the special pieces around a sentence.
        pad: the id in padded cells, which attention never sees.
        limit: pieces the model can read at once, special ones included; None for any number.
        hard_limit: the same by the number of positions alone.
    """

    network: Any
    packed: PackedBert | None
    tokenizer: Any
    template: Template
    pad: int
    limit: int | None
    hard_limit: int | None

    @cached_property
    def n_ids(self) -> int:
        """Rows of the input layer."""
        return int(self.network.get_input_embeddings().weight.shape[0])

    @cached_property
    def causal(self) -> bool:
        """Whether a piece's vector ignores everything to its right; found by trying."""
        import torch

        special = set(self.tokenizer.all_special_ids)
        ids = [k for k in range(self.n_ids) if k not in special][:4]
        if len(ids) < 4:
            return False
        with torch.no_grad():
            top = hidden_states(self.network, torch.tensor([[*ids[:2], ids[2]], [*ids[:2], ids[3]]]))[-1].float()
        return bool((top[0, 0] - top[1, 0]).abs().max() <= 1e-6 * top.abs().max())


def hidden_states(network: Any, ids: Tensor, **others: Tensor) -> tuple[Tensor, ...]:
    """Every layer [batch, pieces, dim] of padded pieces, the input layer first."""
    device = next(network.parameters()).device
    arguments = {key: value.to(device) for key, value in others.items()}
    output = network(input_ids=ids.to(device), output_hidden_states=True, **arguments)
    states: tuple[Tensor, ...] = output.hidden_states
    return states


def load_config(source: ModelSource, *, trust_remote_code: bool) -> Any:
    """The model's configuration; no weights are read.

    Raises:
        DataError: it cannot be read.
        MissingExtraError: transformers is not installed.
    """
    with quiet_transformers() as transformers, _one_sentence(source, "configuration"):
        return transformers.AutoConfig.from_pretrained(
            source.load, revision=source.commit or "main", trust_remote_code=trust_remote_code
        )


def load_model(
    source: ModelSource,
    config: Any,
    *,
    weights: TransformerWeights,
    seed: int,
    dtype: torch.dtype,
    device: torch.device,
    trust_remote_code: bool,
) -> LoadedModel:
    """The model and its tokenizer, ready to run.

    Raises:
        DataError: a file is missing or damaged, or the weights do not fill the model.
        ConfigurationError: the model has no fast tokenizer.
        ContractError: the input layer of this architecture cannot be told from the layers above (`random_upper`).
    """
    from embedbench.models.packed_bert import packed

    with quiet_transformers() as transformers:
        common = {"revision": source.commit or "main", "trust_remote_code": trust_remote_code}
        with _one_sentence(source, "tokenizer"):
            tokenizer = transformers.AutoTokenizer.from_pretrained(source.load, add_prefix_space=True, **common)
        if not tokenizer.is_fast:
            raise ConfigurationError(
                f"the model {source.spec} has no fast tokenizer ({type(tokenizer).__name__}), which the alignment of "
                "words and pieces needs; use a model whose folder holds tokenizer.json"
            )
        put_space_before_words(tokenizer)
        network = None
        if weights is not TransformerWeights.random:
            with _one_sentence(source, "weights"):
                network, report = transformers.AutoModel.from_pretrained(
                    source.load, output_loading_info=True, **common
                )
            _check_complete(source, report)
        if weights is not TransformerWeights.trained:
            twin = _random_network(transformers, config, seed, trust_remote_code=trust_remote_code)
            network = twin if network is None else _with_input_layer(_encoder(network), _encoder(twin), source)
    network = _encoder(network).to(device=device, dtype=dtype).eval()
    hard = _positions(network, config)
    stated = tokenizer.model_max_length if tokenizer.model_max_length < _NO_LIMIT else None
    limits = [limit for limit in (hard, stated) if limit is not None]
    return LoadedModel(
        network=network,
        packed=packed(network),
        tokenizer=tokenizer,
        template=read_template(tokenizer),
        # The id by which RoBERTa counts positions, where the model states one.
        pad=next((k for k in (config.pad_token_id, tokenizer.pad_token_id) if k is not None and k >= 0), 0),
        limit=min(limits, default=None),
        hard_limit=hard,
    )


def _encoder(network: Any) -> Any:
    return network.get_encoder() if getattr(network.config, "is_encoder_decoder", False) else network


def _random_network(transformers: Any, config: Any, seed: int, *, trust_remote_code: bool) -> Any:
    import torch

    # Initialisers draw from torch's global generator: it is borrowed and given back.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return transformers.AutoModel.from_config(config, trust_remote_code=trust_remote_code)


def _with_input_layer(trained: Any, twin: Any, source: ModelSource) -> Any:
    """The twin with the trained weights of all that runs before the first block."""
    import torch

    blocks = {id(m) for parent in twin.modules() if isinstance(parent, torch.nn.ModuleList) for m in parent}
    names: list[str] = []
    above = False

    def note(name: str, module: torch.nn.Module) -> Any:
        def before(*_: Any) -> None:
            nonlocal above
            above = above or id(module) in blocks
            if not above and next(module.parameters(recurse=False), None) is not None:
                names.append(name)

        return module.register_forward_pre_hook(before)

    trained.eval(), twin.eval()
    ids = torch.arange(3)[None] + 3
    handles = [note(name, module) for name, module in twin.named_modules()]
    with torch.no_grad():
        hidden_states(twin, ids)
        for handle in handles:
            handle.remove()
        for name in names:
            twin.get_submodule(name).load_state_dict(trained.get_submodule(name).state_dict())
        if not torch.equal(hidden_states(trained, ids)[0], hidden_states(twin, ids)[0]):
            raise ContractError(
                f"weights=random_upper does not know which part of {source.spec} ({type(twin).__name__}) is its input "
                "layer; use weights=random"
            )
    return twin


def _check_complete(source: ModelSource, report: Any) -> None:
    # The pooler is above the last hidden state; many checkpoints come without one.
    lacking = sorted(key for key in report["missing_keys"] if "pooler" not in key)
    wrong = sorted(str(key) for key in report["mismatched_keys"])
    if lacking or wrong:
        raise DataError(
            f"the weights of {source.spec} do not fill the model: {len(lacking)} missing, {len(wrong)} of another "
            f"shape (first: {(lacking + wrong)[0]}); the library would have drawn them at random"
        )


def _positions(network: Any, config: Any) -> int | None:
    """How many positions the model has; None where they are relative or unlimited."""
    import torch

    limits = []
    stated = getattr(config, "max_position_embeddings", None)
    if isinstance(stated, int) and stated > 0:
        limits.append(stated)
    for name, module in network.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding):
            # RoBERTa's first position is the one after the padding id.
            skipped = 0 if module.padding_idx is None else module.padding_idx + 1
            limits.append(module.num_embeddings - skipped)
    return min(limits, default=None)


@contextmanager
def quiet_transformers() -> Iterator[Any]:
    """The transformers library, without its progress bars and advice while it is used here.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import transformers
        from huggingface_hub.utils.tqdm import are_progress_bars_disabled
        from transformers.utils import logging
    except ModuleNotFoundError:
        raise MissingExtraError(needed_by="transformer", package="transformers", extra="transformers") from None
    verbosity, bars = logging.get_verbosity(), not are_progress_bars_disabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield transformers
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


@contextmanager
def _one_sentence(source: ModelSource, part: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # any library below may fail in its own way; the first line says how
        raise DataError(
            f"the {part} of the model {source.spec} cannot be loaded: {first_line(error)}; expected a Hugging Face "
            "model with config.json, tokenizer.json and model.safetensors"
        ) from error
