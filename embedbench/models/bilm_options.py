"""The shape of a biLM, read from the published `options.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedbench.errors import DataError

N_CHARACTERS = 262
"""Character ids of the published format: 256 bytes, four markers, padding, and 0 for "no word here"."""


@dataclass(frozen=True)
class BilmOptions:
    """The sizes of a bidirectional language model over characters (Peters et al. 2018).

    Attributes:
        character_dim: dimensions of one character.
        filters: (width, number) of each convolution.
        n_highway: highway layers above the convolutions.
        activation: "relu" or "tanh", after the convolutions.
        max_characters: characters per word, its two markers included.
        projection: dimensions of one direction; a word vector has twice as many.
        cell: memory cells of one LSTM.
        n_layers: LSTM layers of each direction.
        cell_clip: bound of the memory cells; None for none.
        projection_clip: bound of the projected output; None for none.
        skip_connections: the input of every LSTM layer but the first is added to its output.
    """

    character_dim: int
    filters: tuple[tuple[int, int], ...]
    n_highway: int
    activation: str
    max_characters: int
    projection: int
    cell: int
    n_layers: int
    cell_clip: float | None
    projection_clip: float | None
    skip_connections: bool

    @property
    def n_filters(self) -> int:
        """Convolution filters of all widths."""
        return sum(number for _, number in self.filters)

    @property
    def dim(self) -> int:
        """Dimensions of a word vector: both directions."""
        return 2 * self.projection

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The character layer and one name per LSTM layer."""
        return ("characters", *(f"lstm{k + 1}" for k in range(self.n_layers)))


def read_options(path: str | Path) -> BilmOptions:
    """The options of a published biLM.

    Raises:
        DataError: the file is missing, is not JSON, lacks an entry, or describes a model of another kind.
    """
    path = Path(path)
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"the biLM options {path} do not exist; give the options.json of a published ELMo") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"the biLM options {path} cannot be read as JSON: {error}") from None
    try:
        options = _from_json(raw)
    except KeyError as error:
        raise DataError(f"the biLM options {path} lack the entry {error}; expected a published options.json") from None
    except (TypeError, ValueError) as error:
        raise DataError(f"the biLM options {path} have an entry of the wrong kind: {error}") from None
    _check(options, path)
    # Training files say 261: bilm-tf counts "no word here" only when it runs the model.
    n_characters = raw["char_cnn"].get("n_characters", N_CHARACTERS)
    if n_characters not in (N_CHARACTERS - 1, N_CHARACTERS):
        raise DataError(
            f"the biLM options {path} ask for {n_characters} characters; the published format has {N_CHARACTERS}"
        )
    return options


def _from_json(raw: dict[str, Any]) -> BilmOptions:
    lstm, cnn = raw["lstm"], raw["char_cnn"]
    return BilmOptions(
        character_dim=int(cnn["embedding"]["dim"]),
        filters=tuple((int(width), int(number)) for width, number in cnn["filters"]),
        n_highway=int(cnn.get("n_highway") or 0),
        activation=str(cnn.get("activation", "relu")),
        max_characters=int(cnn["max_characters_per_token"]),
        projection=int(lstm["projection_dim"]),
        cell=int(lstm["dim"]),
        n_layers=int(lstm.get("n_layers", 1)),
        cell_clip=_clip(lstm.get("cell_clip")),
        projection_clip=_clip(lstm.get("proj_clip")),
        skip_connections=bool(lstm.get("use_skip_connections", False)),
    )


def _clip(value: Any) -> float | None:
    # The original code takes 0 as "no clipping" too.
    return float(value) if value else None


def _check(options: BilmOptions, path: Path) -> None:
    if options.activation not in ("relu", "tanh"):
        raise DataError(f"the biLM options {path} ask for activation {options.activation!r}; expected relu or tanh")
    sizes = (options.character_dim, options.projection, options.cell, options.n_layers, len(options.filters))
    if min(sizes) < 1:
        raise DataError(f"the biLM options {path} have a size below 1; every size and the list of filters must be ≥ 1")
    widest = max(width for width, _ in options.filters)
    if options.max_characters < max(widest, 3):
        raise DataError(
            f"the biLM options {path} have a filter of width {widest}, wider than the "
            f"{options.max_characters} characters of a word"
        )
