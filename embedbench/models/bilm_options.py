"""The shape of a biLM, read from the published `options.json`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedbench.errors import DataError
from embedbench.files.strict_json import parse_json

_LARGEST = 1 << 16
"""Of every size; the published models stay below 5,000."""

_MOST_LAYERS = 100

_HIGHEST_CLIP = 1e30

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
        raw = parse_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"the biLM options {path} do not exist; give the options.json of a published ELMo") from None
    except (OSError, ValueError) as error:
        raise DataError(f"the biLM options {path} cannot be read as JSON: {error}") from None
    try:
        options = _from_json(raw)
        # Training files say 261: bilm-tf counts "no word here" only when it runs the model.
        n_characters = raw["char_cnn"].get("n_characters", N_CHARACTERS)
    except KeyError as error:
        raise DataError(f"the biLM options {path} lack the entry {error}; expected a published options.json") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(f"the biLM options {path} have an entry of the wrong kind: {error}") from None
    _check(options, path)
    if n_characters not in (N_CHARACTERS - 1, N_CHARACTERS):
        raise DataError(
            f"the biLM options {path} ask for {n_characters} characters; the published format has {N_CHARACTERS}"
        )
    return options


def _from_json(raw: Any) -> BilmOptions:
    lstm, cnn = raw["lstm"], raw["char_cnn"]
    return BilmOptions(
        character_dim=_size(cnn["embedding"], "dim"),
        filters=tuple(_filter(one) for one in cnn["filters"]),
        n_highway=_size(cnn, "n_highway", 0),
        activation=str(cnn.get("activation", "relu")),
        max_characters=_size(cnn, "max_characters_per_token"),
        projection=_size(lstm, "projection_dim"),
        cell=_size(lstm, "dim"),
        n_layers=_size(lstm, "n_layers", 1),
        cell_clip=_clip(lstm, "cell_clip"),
        projection_clip=_clip(lstm, "proj_clip"),
        skip_connections=_boolean(lstm, "use_skip_connections"),
    )


def _size(entries: Any, name: str, default: int | None = None) -> int:
    value = entries[name] if default is None else entries.get(name)
    if value is None and default is not None:
        return default
    # JSON's true and false are no sizes, and a rounded or converted one would be another model.
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise ValueError(f"{name} is {repr(value)[:60]}; expected a whole number up to {_LARGEST:,}")
    return value


def _filter(raw: Any) -> tuple[int, int]:
    if not isinstance(raw, list) or len(raw) != 2:
        raise ValueError(f"a filter is {repr(raw)[:60]}; expected [width, number]")
    named = {"width": raw[0], "number": raw[1]}
    return _size(named, "width"), _size(named, "number")


def _boolean(entries: Any, name: str) -> bool:
    value = entries.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {repr(value)[:60]}; expected true or false")  # noqa: TRY004
    return value


def _clip(entries: Any, name: str) -> float | None:
    value = entries.get(name)
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value < _HIGHEST_CLIP:
        raise ValueError(f"{name} is {repr(value)[:60]}; expected a positive number, or 0 or null for none")
    # The original code takes 0 as "no clipping" too.
    return float(value) or None


def _check(options: BilmOptions, path: Path) -> None:
    if options.activation not in ("relu", "tanh"):
        raise DataError(f"the biLM options {path} ask for activation {options.activation!r}; expected relu or tanh")
    sizes = (options.character_dim, options.projection, options.cell, options.n_layers, len(options.filters))
    if min(sizes) < 1 or any(min(one) < 1 for one in options.filters):
        raise DataError(f"the biLM options {path} have a size below 1; every size and the list of filters must be ≥ 1")
    if max(options.n_layers, options.n_highway, len(options.filters)) > _MOST_LAYERS:
        raise DataError(f"the biLM options {path} have more than {_MOST_LAYERS} layers or filters of one kind")
    widest = max(width for width, _ in options.filters)
    if options.max_characters < max(widest, 3):
        raise DataError(
            f"the biLM options {path} have a filter of width {widest}, wider than the "
            f"{options.max_characters} characters of a word"
        )
