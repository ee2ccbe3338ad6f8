"""What lies in which layer."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from evidence import BILM, LARGE, STATIC, Evidence
from lexical import geometry
from scipy.stats import spearmanr
from verdict import Effect, Line, at_least, direction, invariant, not_below, reported

from embedbench.scoring.layer_summaries import expected_layer, gains


def parts_of_speech_before_arcs(e: Evidence) -> Iterable[Line]:
    """2. Parts of speech earlier than dependencies (Tenney et al. 2019b, expected layers)."""
    layers = range(len(e.record(LARGE, "upos").layer_names))
    # The ends of the curve have names of their own: layer 0 alone, and the mix of all.
    mixes = ["single:0", *(f"cumulative:{k}" for k in layers[1:-1]), "scalar"]
    curves = {task: np.array([e.score(LARGE, task, mix).per_seed for mix in mixes]) for task in ("upos", "deprel")}
    expected = {task: [expected_layer(seed) for seed in curve.T.tolist()] for task, curve in curves.items()}
    if any(one is None for found in expected.values() for one in found):
        yield reported(2, "expected layers", "too small a gain")
        return
    apart = np.array(expected["deprel"], float) - np.array(expected["upos"], float)
    yield at_least(2, "expected layer of deprel − upos > 0 (range over seeds)", Effect.of_range(apart), 0)
    first = [100 * gains(seed)[0] / gains(seed).sum() for seed in curves["upos"].T.tolist()]
    claim = "first block's share of the gain in upos ≥ 50 % (range over seeds)"
    yield at_least(2, claim, Effect.of_range(first), 50)


def mix_beside_single_layers(e: Evidence) -> Iterable[Line]:
    """3. The scalar mix at the best single layer, and above the last (Liu et al. 2019)."""
    last = f"single:{len(e.record(LARGE, 'upos').layer_names) - 1}"
    for task in ("upos", "deprel"):
        best = e.difference(task, (LARGE, "scalar"), (LARGE, e.best_layer(LARGE, task)))
        yield not_below(3, f"{task}: mix − best layer (chosen on dev) ≥ −0.3", best, -0.3)
        top = e.difference(task, (LARGE, "scalar"), (LARGE, last))
        yield at_least(3, f"{task}: mix − last layer ≥ 0.5", top, 0.5)


def first_lstm_for_syntax(e: Evidence) -> Iterable[Line]:
    """4. The biLM's first LSTM layer above its characters for arcs (Liu et al. 2019, tables 11 and 13)."""
    effect = e.difference("arc", (BILM, "single:1"), (BILM, "single:0"))
    yield at_least(4, "arc: biLM layer 1 − layer 0 ≥ 1", effect, 1)
    second = e.difference("arc", (BILM, "single:2"), (BILM, "single:0"))
    yield reported(4, "arc: biLM layer 2 − layer 0", str(second))


def anisotropy(e: Evidence) -> Iterable[Line]:
    """10. Anisotropy grows and adjusted self-similarity falls with depth (Ethayarajh 2019)."""
    found = geometry(LARGE, 1500)
    rho = float(spearmanr(range(len(found) - 1), [one.anisotropy for one in found[:-1]]).statistic)
    told = " ".join(f"{one.anisotropy:.2f}" for one in found)
    claim = "rank correlation of layer and anisotropy, last layer apart, > 0.7"
    yield direction(10, claim, f"{rho:.2f} ({told})", rho > 0.7)
    adjusted = [one.self_similarity - one.anisotropy for one in found]
    told = " ".join(f"{value:.2f}" for value in adjusted)
    claim = "adjusted self-similarity lower in block 5 than in block 1"
    yield direction(10, claim, told, adjusted[-2] < adjusted[1])
    for name in (STATIC, BILM):
        value = geometry(name, 500)[0].self_similarity
        yield invariant(10, f"self-similarity of {name}'s layer 0 is 1", f"{value:.6f}", abs(value - 1) < 1e-3)


def trees(e: Evidence) -> Iterable[Line]:
    """11. Trees peak in the middle, far above order (Hewitt & Manning 2019)."""
    task, probe = "tree_distance", "structural"
    record = e.record(LARGE, task, probe)
    best = e.best_layer(LARGE, task, probe)
    depth = int(best.split(":")[1]) / (len(record.layer_names) - 1)
    claim = "best layer between 0.33 and 0.9 of the depth"
    yield direction(11, claim, f"{best}, {depth:.2f}", 0.33 <= depth <= 0.9)
    top, bottom = (Effect.of_score(e.score(LARGE, task, mix, probe=probe)) for mix in (best, "single:0"))
    chain = Effect.of_score(next(b for b in record.baselines if b.extractor == "chain"))
    yield at_least(11, "its UUAS ≥ 60", top, 60)
    for name, other, threshold in (("layer 0", bottom, 20), ("the chain", chain, 12)):
        claim = f"its UUAS − {name}'s ≥ {threshold} (unpaired interval)"
        yield at_least(11, claim, top.unpaired_minus(other), threshold)
    alone = Effect.of_score(e.score("minilm_alone", task, "single:0", probe=probe))
    yield reported(11, "why: layer 0 of every word alone, which holds no positions", f"{alone.value:.1f}")
    yield reported(11, "why: the best layer − that (unpaired interval)", str(top.unpaired_minus(alone)))
    arc = e.score(LARGE, "arc", e.best_layer(LARGE, "arc"))
    yield invariant(11, "arcs above what distance alone reaches, 71.8", f"{100 * arc.value:.1f}", arc.low > 0.718)
