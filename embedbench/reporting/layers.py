"""What every layer knows and what the mix makes of it, as a text plot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from embedbench.errors import ConfigurationError
from embedbench.reporting.layer_lines import gain_lines, weight_lines
from embedbench.reporting.options import TableOptions
from embedbench.reporting.selection import best_layer, choose, metric_of
from embedbench.reporting.units import higher_is_better, printed, scaled, unit
from embedbench.results.schema import Record, Score

_BAR = 24
"""Characters of the longest bar."""


@dataclass(frozen=True)
class LayerView:
    """The layers of one extractor on one task.

    Attributes:
        names: of the layers, from the context-free input layer up.
        scores: of the mixes `single:K`; None where a layer was not scored.
        weights_per_seed: of the scalar mix; empty if none was learned.
        bottom_up: scores of the mixes 0..0 up to 0..top; empty unless all were scored.
        top_down: scores of the mixes 0..top up to top..top; empty unless all were scored.
    """

    names: tuple[str, ...]
    scores: tuple[Score | None, ...]
    weights_per_seed: tuple[tuple[float, ...], ...]
    bottom_up: tuple[Score, ...] = ()
    top_down: tuple[Score, ...] = ()

    @property
    def weights(self) -> tuple[float, ...]:
        """Of the scalar mix, mean over seeds; empty if none was learned."""
        return tuple(sum(column) / len(self.weights_per_seed) for column in zip(*self.weights_per_seed, strict=True))


def view_layers(record: Record, options: TableOptions, *, mix: str = "scalar") -> LayerView:
    """The layers' scores and the learned weights of a mix, on the split and labels that the options name."""
    wanted = (options.split, options.labels, metric_of(record, options))
    scored = {s.mix: s for s in record.scores if (s.split, s.labels, s.metric) == wanted}
    learned = [w.weights for w in record.mix_weights if (w.mix, w.labels) == (mix, options.labels)]
    n_layers = len(record.layer_names)
    return LayerView(
        record.layer_names,
        tuple(scored.get(f"single:{layer}") for layer in range(n_layers)),
        tuple(learned),
        *_chains(scored, n_layers),
    )


def _chains(scored: Mapping[str, Score], n_layers: int) -> tuple[tuple[Score, ...], tuple[Score, ...]]:
    """The cumulative scores from below and from above, empty where a mix is missing."""
    top = n_layers - 1
    between = range(1, top)
    wanted = (
        ["single:0", *(f"cumulative:{last}" for last in between), "scalar"],
        ["scalar", *(f"top_down:{first}" for first in between), f"single:{top}"],
    )
    found = [tuple(scored[mix] for mix in mixes if mix in scored) for mixes in wanted]
    whole = [chain if top > 0 and len(chain) == n_layers else () for chain in found]
    return whole[0], whole[1]


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
    name = metric_of(record, options)
    values = [scaled(name, s.value) for s in view.scores if s is not None]
    low, high = (min(values), max(values)) if values else (0.0, 0.0)
    # A tenth of the range below the lowest, so that the lowest layer has a bar too.
    start = low - (high - low) / 9 if high > low else 0.0
    title = f"{label}: {record.task}, {name} on {options.split} ({options.labels} labels), {unit(name)}"
    if len(view.names) == 1:
        return "\n".join([title, *_only_layer(record, view, options)]) + "\n"
    lines = [title]
    if values:
        lines.append(f"bars of layers from {start:.1f} to {high:.1f}")
    width = max(map(len, view.names), default=0)
    best = best_layer(record)
    for layer, (layer_name, score) in enumerate(zip(view.names, view.scores, strict=True)):
        mark = "*" if best == f"single:{layer}" else " "
        text = f"{mark}{layer:>3} {layer_name:<{width}}  {_score(score)} {_bar(score, start, high)}"
        if view.weights:
            text += f"  {view.weights[layer]:.3f} {'█' * round(_BAR * view.weights[layer] / max(view.weights))}"
        lines.append(text.rstrip())
    lines += _mixes(record, options)
    if best is not None:
        lines.append("* is the best single layer on dev")
    if view.weights:
        lines.append("right: weights of the scalar mix, mean over seeds")
        lines += weight_lines(view.weights_per_seed)
    if higher_is_better(name):
        lines += gain_lines(view.bottom_up, view.top_down)
    return "\n".join(lines) + "\n"


def _only_layer(record: Record, view: LayerView, options: TableOptions) -> Sequence[str]:
    """A static embedding: nothing to weigh or to gain; a mix is told where it is not the layer itself."""
    (name,), (score,) = view.names, view.scores
    told = _score(score).strip()
    others = [line for line in _mixes(record, options) if not line.endswith(told)]
    return [f"  0 {name}  {told}", *others, "the only layer, so there is nothing to mix"]


def _mixes(record: Record, options: TableOptions) -> Sequence[str]:
    wanted = (options.split, options.labels, metric_of(record, options))
    scores = [s for s in record.scores if (s.split, s.labels, s.metric) == wanted and not s.mix.startswith("single:")]
    return [f"     {s.mix:<14} {_score(s)}" for s in scores]


def _score(score: Score | None) -> str:
    if score is None:
        return f"{'–':>11}"
    half = (score.high - score.low) / 2
    return f"{printed(score.metric, score.value):>5} ±{printed(score.metric, half):>4}"


def _bar(score: Score | None, start: float, end: float) -> str:
    filled = 0 if score is None or end <= start else _filled(score, start, end)
    return ("█" * filled).ljust(_BAR)


def _filled(score: Score, start: float, end: float) -> int:
    return round(_BAR * (scaled(score.metric, score.value) - start) / (end - start))
