"""The page's charts as Vega-Lite specifications, made with Altair; the page puts the data of the chosen task in.

Every colour is a CSS variable or a field of the data, so that a chart follows the page's theme, on paper too, without
being drawn again. A series differs from others by colour, dash and marker alike: charts are read in black and white.
`@name` in a title stands for what the page knows.
"""

from __future__ import annotations

from typing import Any

_TEXT, _MUTED, _GRID, _ACCENT = "var(--text)", "var(--muted)", "var(--rule)", "var(--accent)"
_FONT = "system-ui, sans-serif"
_BASELINE_LEVELS = 3
"""Lines of names above a chart; the page puts names that would overlap on different ones."""


def chart_specs() -> dict[str, dict[str, Any]]:
    """By name: forest, layers, weights, labels, confusion, subsets, cost.

    Raises:
        MissingExtraError: Altair is not installed.
    """
    try:
        import altair
    except ImportError:
        from embedbench.errors import MissingExtraError

        raise MissingExtraError(needed_by="embedbench report", package="altair", extra="report") from None
    charts = {
        "forest": _forest(altair),
        "layers": _layers(altair),
        "weights": _weights(altair),
        "labels": _labels(altair),
        "confusion": _confusion(altair),
        "subsets": _subsets(altair),
        "cost": _cost(altair),
    }
    return {name: _themed(chart) for name, chart in charts.items()}


def _themed(chart: Any) -> dict[str, Any]:
    themed = (
        chart.configure(background="transparent", font=_FONT)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=_TEXT, titleColor=_MUTED, titleFontWeight="normal", gridColor=_GRID, domainColor=_MUTED,
            tickColor=_MUTED, labelFontSize=11, titleFontSize=11, labelLimit=220,
        )
    )  # fmt: skip
    spec: dict[str, Any] = themed.to_dict(validate=True)
    # An address that nothing asks for, but that a reader of the file could take for a request.
    spec.pop("$schema", None)
    return spec


def _colour(alt: Any, field: str = "colour") -> Any:
    return alt.Color(f"{field}:N", scale=None)


def _series(alt: Any) -> dict[str, Any]:
    return {"color": _colour(alt), "shape": alt.Shape("shape:N", scale=None)}


def _forest(alt: Any) -> Any:
    """Extractors on one task, the best above, with their intervals; baselines as labelled lines."""
    base = alt.Chart(alt.NamedData("points")).encode(
        y=alt.Y("row:N", sort=alt.SortField("place"), title=None, axis=alt.Axis(grid=False, ticks=False, domain=False)),
        tooltip=[alt.Tooltip("row:N", title="extractor"), alt.Tooltip("told:N", title="score"),
                 alt.Tooltip("verdict:N", title="against the best")],
    )  # fmt: skip
    axis = alt.Axis(tickCount=8, labelOverlap=True)
    x = alt.X("value:Q", title="@unit", axis=axis, scale=alt.Scale(zero=False, nice=True))
    ends = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title="@unit", axis=axis, scale=alt.Scale(zero=False)), x2="high:Q", color=_colour(alt)
    )
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(x=x, **_series(alt))
    below = alt.Chart(alt.NamedData("baselines"))
    rules = below.mark_rule(strokeDash=[5, 4], strokeWidth=1.2, color=_MUTED).encode(
        x="value:Q", tooltip=[alt.Tooltip("name:N", title="baseline"), alt.Tooltip("told:N", title="score")]
    )
    # Baselines that lie close together have their names above each other; the page knows the width and says where.
    names = [
        below.transform_filter(f"datum.level == {level}")
        .mark_text(align="left", dx=4, dy=-4 - 12 * level, fontSize=10, color=_MUTED, baseline="bottom")
        .encode(x="value:Q", y=alt.value(0), text="name:N")
        for level in range(_BASELINE_LEVELS)
    ]
    return alt.layer(rules, *names, ends, dots).properties(width="container", height=alt.Step(24))


def _layers(alt: Any) -> Any:
    """Scores of single layers with bands; extractors of one layer are a point."""
    base = alt.Chart(alt.NamedData("points")).encode(
        x=alt.X("x:Q", title="@x", axis=alt.Axis(tickMinStep=1, grid=False, format="~g")),
        tooltip=[alt.Tooltip("row:N", title="extractor"), alt.Tooltip("layer:N"), alt.Tooltip("told:N", title="score")],
        detail="row:N",
    )
    scale = alt.Scale(zero=False, nice=True)
    band = base.mark_area(opacity=0.16).encode(
        y=alt.Y("low:Q", title="@y", scale=scale), y2="high:Q", color=_colour(alt)
    )
    lines = base.mark_line(strokeWidth=1.8).encode(
        y=alt.Y("value:Q", title="@y", scale=scale), color=_colour(alt), strokeDash=alt.StrokeDash("dash:N", scale=None)
    )
    ends = base.transform_filter("datum.single").mark_rule().encode(y="low:Q", y2="high:Q", color=_colour(alt))
    dots = base.mark_point(filled=True, size=38, opacity=1).encode(y=alt.Y("value:Q", scale=scale), **_series(alt))
    return (band + ends + lines + dots).properties(width="container", height=210)


def _weights(alt: Any) -> Any:
    """Mix weights, tasks by layers; darker is heavier, a tick is the centre of gravity."""
    base = alt.Chart(alt.NamedData("weights")).encode(
        x=alt.X("layer:O", title="@x", axis=alt.Axis(labelAngle=0, ticks=False, domain=False)),
        y=alt.Y("task:N", title=None, sort=alt.SortField("centre"), axis=alt.Axis(ticks=False, domain=False)),
        tooltip=[alt.Tooltip("task:N"), alt.Tooltip("name:N", title="layer"), alt.Tooltip("told:N", title="weight"),
                 alt.Tooltip("centre:Q", title="centre of gravity", format=".2f")],
    )  # fmt: skip
    boxes = base.mark_rect(color=_ACCENT, stroke="var(--page)", strokeWidth=1).encode(
        opacity=alt.Opacity("weight:Q", scale=alt.Scale(domainMin=0, range=[0.03, 1]), legend=None)
    )
    words = base.mark_text(fontSize=10).encode(
        text=alt.Text("weight:Q", format=".2f"),
        color=alt.condition("datum.heavy", alt.value("var(--on-accent)"), alt.value(_TEXT)),
    )
    return (boxes + words).properties(width="container", height=alt.Step(19))


def _labels(alt: Any) -> Any:
    """F1 of every label, extractors side by side."""
    return (
        alt.Chart(alt.NamedData("points"))
        .mark_point(filled=True, size=60, opacity=0.95)
        .encode(
            x=alt.X("f1:Q", title="F1 of the label, percent", scale=alt.Scale(domain=[-2, 102], nice=False)),
            y=alt.Y("label:N", title=None, sort=alt.SortField("place"), axis=alt.Axis(grid=True, ticks=False)),
            tooltip=[alt.Tooltip("row:N", title="extractor"), alt.Tooltip("label:N"), alt.Tooltip("f1:Q", title="F1"),
                     alt.Tooltip("precision:Q"), alt.Tooltip("recall:Q"), alt.Tooltip("n:Q", title="gold targets")],
            **_series(alt),
        )
        .properties(width="container", height=alt.Step(18))
    )  # fmt: skip


def _confusion(alt: Any) -> Any:
    """Gold labels by predicted ones, in percent of the gold label."""
    base = alt.Chart(alt.NamedData("counts")).encode(
        x=alt.X("said:N", title="predicted", sort=alt.SortField("column"),
                axis=alt.Axis(orient="top", labelAngle=-45, ticks=False, domain=False)),
        y=alt.Y("gold:N", title="gold", sort=alt.SortField("line"), axis=alt.Axis(ticks=False, domain=False)),
        tooltip=[alt.Tooltip("gold:N"), alt.Tooltip("said:N", title="predicted"),
                 alt.Tooltip("share:Q", title="percent")],
    )  # fmt: skip
    boxes = base.mark_rect(stroke="var(--page)", strokeWidth=1).encode(
        color=alt.condition("datum.right", alt.value(_ACCENT), alt.value("var(--wrong)")),
        opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 100], range=[0.04, 1]), legend=None),
    )
    words = base.mark_text(fontSize=10).encode(
        text="text:N", color=alt.condition("datum.share > 55", alt.value("var(--on-accent)"), alt.value(_TEXT))
    )
    return (boxes + words).properties(width="container", height=alt.Step(22))


def _subsets(alt: Any) -> Any:
    """Scores of the subsets of the test targets, extractors side by side."""
    base = alt.Chart(alt.NamedData("points")).encode(
        y=alt.Y("subset:N", title=None, sort=alt.SortField("place"), axis=alt.Axis(grid=False, ticks=False)),
        yOffset=alt.YOffset("row:N", sort=alt.SortField("order")),
        tooltip=[alt.Tooltip("row:N", title="extractor"), alt.Tooltip("subset:N"), alt.Tooltip("told:N", title="score"),
                 alt.Tooltip("n:Q", title="targets", format=",")],
    )  # fmt: skip
    axis = alt.Axis(tickCount=8, labelOverlap=True)
    x = alt.X("value:Q", title="@unit", axis=axis, scale=alt.Scale(zero=False, nice=True))
    ends = base.mark_rule(strokeWidth=1.5).encode(
        x=alt.X("low:Q", title="@unit", axis=axis), x2="high:Q", color=_colour(alt)
    )
    dots = base.mark_point(filled=True, size=45, opacity=1).encode(x=x, **_series(alt))
    return (ends + dots).properties(width="container", height=alt.Step(11))


def _cost(alt: Any) -> Any:
    """Seconds of every phase, summed over tasks."""
    colours = {"data": "var(--s6)", "extraction": "var(--s0)", "probing": "var(--s1)", "codelength": "var(--s4)",
               "scoring": "var(--s2)"}  # fmt: skip
    return (
        alt.Chart(alt.NamedData("phases"))
        .mark_bar(stroke="var(--page)", strokeWidth=1, opacity=0.85)
        .encode(
            x=alt.X("seconds:Q", title="seconds, all tasks together", stack=True, axis=alt.Axis(tickCount=8)),
            y=alt.Y("row:N", title=None, sort=alt.SortField("place"), axis=alt.Axis(grid=False, ticks=False)),
            order=alt.Order("step:Q"),
            color=alt.Color(
                "phase:N",
                scale=alt.Scale(domain=list(colours), range=list(colours.values())),
                legend=alt.Legend(title=None, orient="top", labelColor=_TEXT, symbolType="square", symbolStrokeWidth=0),
            ),
            tooltip=[alt.Tooltip("row:N", title="extractor"), alt.Tooltip("phase:N"),
                     alt.Tooltip("seconds:Q", format=",.1f")],
        )
        .properties(width="container", height=alt.Step(20))
    )  # fmt: skip
