"""What every layer knows and what the mix makes of it, as a text plot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from embedbench.errors import ConfigurationError
from embedbench.reporting.options import TableOptions
from embedbench.reporting.selection import best_layer, choose, metric_of
from embedbench.results.schema import Record, Score

_BAR = 24
"""Characters of the longest bar."""


@dataclass(frozen=True)
class LayerView:
    """The layers of one extractor on one task.

    Attributes:
        names: of the layers, from the context-free input layer up.
        scores: of the mixes `single:K`; None where a layer was not scored.
        weights: of the scalar mix, mean over seeds; empty if none was learned.
    """

    names: tuple[str, ...]
    scores: tuple[Score | None, ...]
    weights: tuple[float, ...]

    @property
    def expected_layer(self) -> float | None:
        """The centre of gravity of the mix weights (Tenney et al. 2019, https://aclanthology.org/P19-1452, eq. 2)."""
        if not self.weights:
            return None
        return sum(layer * weight for layer, weight in enumerate(self.weights))


def view_layers(record: Record, options: TableOptions, *, mix: str = "scalar") -> LayerView:
    """The layers' scores and the learned weights of a mix, on the split and labels that the options name."""
    wanted = (options.split, options.labels, metric_of(record, options))
    single = {s.mix: s for s in record.scores if (s.split, s.labels, s.metric) == wanted}
    learned = [w.weights for w in record.mix_weights if (w.mix, w.labels) == (mix, options.labels)]
    n_layers = len(record.layer_names)
    return LayerView(
        record.layer_names,
        tuple(single.get(f"single:{layer}") for layer in range(n_layers)),
        tuple(sum(column) / len(learned) for column in zip(*learned, strict=True)),
    )


def render_layers(records: Iterable[Record], task: str, options: TableOptions | None = None) -> str:
    """Per extractor: a bar for every single layer and for its weight in the scalar mix, mean over seeds.

    Bars of scores do not begin at zero but at the value said above them, or differences between layers could not be
    seen. A weight is not an importance: layers differ in how much of the same they hold.

    Raises:
        ConfigurationError: no record has that task.
    """
    options = replace(options or TableOptions(), tasks=(task,))
    chosen = choose(records, options)
    blocks = [_block(chosen.row_label(r), r, view_layers(r, options), options) for r in chosen.records if r.scores]
    if not blocks:
        raise ConfigurationError(f"no finished cell of the task {task!r} is here")
    return "\n".join(blocks)


def _block(label: str, record: Record, view: LayerView, options: TableOptions) -> str:
    values = [100 * s.value for s in view.scores if s is not None]
    low, high = (min(values), max(values)) if values else (0.0, 0.0)
    # A tenth of the range below the lowest, so that the lowest layer has a bar too.
    start = low - (high - low) / 9 if high > low else 0.0
    title = (
        f"{label}: {record.task}, {metric_of(record, options)} on {options.split} ({options.labels} labels), percent"
    )
    lines = [title]
    if values:
        lines.append(f"bars of layers from {start:.1f} to {high:.1f}")
    width = max((len(name) for name in view.names), default=0)
    best = best_layer(record)
    for layer, (name, score) in enumerate(zip(view.names, view.scores, strict=True)):
        mark = "*" if best == f"single:{layer}" else " "
        text = f"{mark}{layer:>3} {name:<{width}}  {_score(score)} {_bar(score, start, high)}"
        if view.weights:
            text += f"  {view.weights[layer]:.3f} {'█' * round(_BAR * view.weights[layer] / max(view.weights))}"
        lines.append(text.rstrip())
    lines += _mixes(record, options)
    if best is not None:
        lines.append("* is the best single layer on dev")
    if view.expected_layer is not None:
        lines.append(f"right: weights of the scalar mix, mean over seeds; expected layer {view.expected_layer:.2f}")
    return "\n".join(lines) + "\n"


def _mixes(record: Record, options: TableOptions) -> Sequence[str]:
    wanted = (options.split, options.labels, metric_of(record, options))
    scores = [s for s in record.scores if (s.split, s.labels, s.metric) == wanted and not s.mix.startswith("single:")]
    return [f"     {s.mix:<14} {_score(s)}" for s in scores]


def _score(score: Score | None) -> str:
    if score is None:
        return f"{'–':>11}"
    return f"{100 * score.value:5.1f} ±{50 * (score.high - score.low):4.1f}"


def _bar(score: Score | None, start: float, end: float) -> str:
    filled = 0 if score is None or end <= start else round(_BAR * (100 * score.value - start) / (end - start))
    return ("█" * filled).ljust(_BAR)
