"""Twelve findings of the field, judged on the records that run.sh makes: pass, fail or inconclusive, with effect sizes.

    python experiments/known_findings/findings.py results/known_findings

Exit code 1 when a hard invariant fails; a direction that fails is printed and left to the reader.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from evidence import Effect, Evidence, Line, at_least, invariant, reported
from lexical import ambiguous, geometry, in_several_pieces, split_of, words_of_targets
from rich.console import Console
from rich.table import Table
from scipy.stats import spearmanr

from embedbench.errors import DataError
from embedbench.scoring.layer_summaries import expected_layer, gains
from embedbench.types import Split

STATIC, LARGE, BILM = "small_word2vec", "minilm", "small_bilm"
AVERAGED = "minilm_averaged"
"""MiniLM as a static table per layer: a word's mean over 20 of its occurrences in MASC; rarer words are left out."""
STATIC_ORACLE = 94.05
"""The UPOS accuracy on EWT's test split of the best answer per word type: no static probe can pass it."""
CONTROL_CEILING = 92.3
"""Control accuracy of a probe that knows the control label of every word type of train."""
SIMILARITIES = tuple(f"word_similarity_{name}" for name in ("simlex", "ws353", "men", "simverb"))
PIECED = {"feats_VerbForm": "feats_verbform", "feats_Tense": "feats_tense"}
"""Tasks on features that are written in words, with their presets."""


def contextual_above_static(e: Evidence) -> Iterable[Line]:
    """1. Contextual above static on parts of speech, most of all for ambiguous words (Liu et al. 2019)."""
    best, static = (LARGE, e.best_layer(LARGE, "upos")), (STATIC, "single:0")
    yield at_least(1, "upos: best MiniLM layer − word2vec ≥ 4 points", e.difference("upos", best, static), 4)
    mask = ambiguous(e.record(LARGE, "upos"), "upos")
    yield at_least(
        1, f"the same, {mask.mean():.1%} ambiguous targets, ≥ 10", e.difference("upos", best, static, mask), 10
    )
    words = words_of_targets(split_of(e.record(STATIC, "upos"), "upos", Split.TEST))
    rows = e.predictions("upos", STATIC, "single:0")
    answers = {(seed, word): set() for seed in range(len(rows)) for word in set(words)}
    for seed, row in enumerate(rows):
        for word, label in zip(words, row.tolist(), strict=True):
            answers[seed, word].add(label)
    several = sum(len(found) > 1 for found in answers.values())
    yield invariant(
        1, "a static probe answers the same at every occurrence of a word", f"{several} words", several == 0
    )
    value = 100 * e.score(STATIC, "upos", "single:0").value
    yield invariant(1, f"and stays below the oracle per type, {STATIC_ORACLE}", f"{value:.1f}", value <= STATIC_ORACLE)


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
    effect = Effect(apart.mean(), apart.min(), apart.max())
    yield at_least(2, "expected layer of deprel − upos > 0 (range over seeds)", effect, 0)
    first = [100 * gains(seed)[0] / gains(seed).sum() for seed in curves["upos"].T.tolist()]
    effect = Effect(float(np.mean(first)), min(first), max(first))
    yield at_least(2, "first block's share of the gain in upos ≥ 50 % (range over seeds)", effect, 50)


def mix_beside_single_layers(e: Evidence) -> Iterable[Line]:
    """3. The scalar mix at the best single layer, and above the last (Liu et al. 2019)."""
    last = f"single:{len(e.record(LARGE, 'upos').layer_names) - 1}"
    for task in ("upos", "deprel"):
        best = e.difference(task, (LARGE, "scalar"), (LARGE, e.best_layer(LARGE, task)))
        # Not below by more than 0.3: the whole interval has to lie above that.
        verdict = "pass" if best.value >= -0.3 else "fail" if best.high < -0.3 else "inconclusive"
        yield Line(3, "D", f"{task}: mix − best layer (chosen on dev) ≥ −0.3", str(best), verdict)
        top = e.difference(task, (LARGE, "scalar"), (LARGE, last))
        yield at_least(3, f"{task}: mix − last layer ≥ 0.5", top, 0.5)


def first_lstm_for_syntax(e: Evidence) -> Iterable[Line]:
    """4. The biLM's first LSTM layer above its characters for arcs (Liu et al. 2019, tables 11 and 13)."""
    effect = e.difference("arc", (BILM, "single:1"), (BILM, "single:0"))
    yield at_least(4, "arc: biLM layer 1 − layer 0 ≥ 1", effect, 1)
    second = e.difference("arc", (BILM, "single:2"), (BILM, "single:0"))
    yield reported(4, "arc: biLM layer 2 − layer 0", str(second))


def random_contextualisation(e: Evidence) -> Iterable[Line]:
    """5. Trained above random upper layers above the lexical layer; wholly random far below (Tenney et al. 2019a)."""
    trained, lexical = (BILM, "scalar"), (BILM, "single:0")
    upper, wholly = ("small_bilm_random_upper", "scalar"), ("small_bilm_random", "scalar")
    yield at_least(5, "deprel: trained − random upper layers > 0", e.difference("deprel", trained, upper), 0)
    over = e.difference("deprel", upper, lexical)
    yield at_least(5, "deprel: random upper layers − lexical layer > 0", over, 0)
    # Published for parts of speech (Liu et al. 2019: 77.1 and 56.0); an arc's label also asks for order, which random
    # LSTMs carry.
    below = e.difference("upos", lexical, ("small_bilm_random", "single:1"))
    yield at_least(5, "upos: lexical layer − layer 1 of the wholly random > 0", below, 0)
    yield reported(5, "deprel: lexical layer − mix of the wholly random", str(e.difference("deprel", lexical, wholly)))
    closed = 100 * over.value / e.difference("deprel", trained, lexical).value
    yield reported(5, "share of the gap that random layers close (published: 9–44 %)", f"{closed:.0f} %")


def selectivity(e: Evidence) -> Iterable[Line]:
    """6. Linear probes more selective than MLPs (Hewitt & Liang 2019)."""

    def of(probe: str) -> np.ndarray:
        task, control = (
            np.array(e.score(STATIC, "upos", "single:0", labels=labels, probe=probe).per_seed)
            for labels in ("task", "control")
        )
        return 100 * (task - control)

    apart = of("linear") - of("mlp")
    effect = Effect(apart.mean(), apart.min(), apart.max())
    yield at_least(6, "upos: selectivity of linear − MLP on word2vec ≥ 5 (range over seeds)", effect, 5)
    for probe in ("linear", "mlp"):
        found = e.score(STATIC, "upos", "single:0", labels="control", probe=probe)
        claim = f"control accuracy ({probe}) below the ceiling of {CONTROL_CEILING}"
        yield invariant(6, claim, f"{100 * found.value:.1f}", 100 * found.low <= CONTROL_CEILING)


def codelength(e: Evidence) -> Iterable[Line]:
    """7. Control labels cost more bits than the task's, at every layer (Voita & Titov 2020)."""
    probe = "linear+codelength"
    layers = len(e.record(LARGE, "upos", probe).layer_names)

    def bits(layer: int, labels: str) -> np.ndarray:
        return np.array(
            e.score(LARGE, "upos", f"single:{layer}", labels=labels, probe=probe, name="codelength").per_seed
        )

    ratios = [bits(k, "control") / bits(k, "task") for k in range(layers)]
    lowest = min(float(ratio.min()) for ratio in ratios)
    yield Line(
        7, "D", "control / task bits > 1 at every layer", f"least {lowest:.2f}", "pass" if lowest > 1 else "fail"
    )
    for layer, threshold in ((0, 1.5), (layers // 2, 2.5)):
        found = ratios[layer]
        effect = Effect(found.mean(), found.min(), found.max())
        yield at_least(
            7, f"control / task bits at layer {layer} ≥ {threshold} (range over shuffles)", effect, threshold
        )
    spread = max(100 * bits(k, "task").std(ddof=1) / bits(k, "task").mean() for k in range(layers))
    yield Line(7, "D", "spread over shuffles ≤ 3 %", f"{spread:.2f} %", "pass" if spread <= 3 else "fail")


def bigram_shift(e: Evidence) -> Iterable[Line]:
    """8. A bag of static vectors cannot see swapped words; a contextual middle layer can (Conneau et al. 2018)."""
    static = e.score(STATIC, "bigram_shift", "single:0")
    width = 100 * 2.58 * np.sqrt(0.25 / static.n)
    holds = abs(100 * static.value - 50) <= width
    yield invariant(8, f"word2vec within 50 ± {width:.1f} (99 %, binomial)", f"{100 * static.value:.1f}", holds)
    best = e.best_layer(LARGE, "bigram_shift")
    found = e.score(LARGE, "bigram_shift", best)
    effect = Effect(*(100 * x for x in (found.value, found.low, found.high)))
    yield at_least(8, f"MiniLM's {best} ≥ 65", effect, 65)
    yield at_least(8, "and − its layer 0 > 0", e.difference("bigram_shift", (LARGE, best), (LARGE, "single:0")), 0)


def word_content(e: Evidence) -> Iterable[Line]:
    """9. Word content is best kept by bags of static vectors, and is lost with depth (Conneau et al. 2018)."""
    task, last = "word_content", f"single:{len(e.record(LARGE, 'word_content').layer_names) - 1}"
    static = e.difference(task, (STATIC, "single:0"), (LARGE, "single:0"))
    verdict = "pass" if static.value >= -2 else "fail" if static.high < -2 else "inconclusive"
    yield Line(9, "D", "word2vec − MiniLM layer 0 ≥ −2", str(static), verdict)
    yield at_least(9, "MiniLM layer 0 − last ≥ 10", e.difference(task, (LARGE, "single:0"), (LARGE, last)), 10)
    yield reported(9, "one-hot, the ceiling", f"{100 * e.score('one_hot', task, 'single:0').value:.1f}")
    for size in (128, 384, 1024):
        value = e.score(f"random_{size}", task, "single:0").value
        yield reported(
            9, f"why: random vectors of {size} dimensions (word2vec has 128, MiniLM 384)", f"{100 * value:.1f}"
        )
    if not e.more.exists():
        return
    more = Evidence(e.more)
    static = more.difference(task, (STATIC, "single:0"), (LARGE, "single:0"))
    n = more.record(STATIC, task).alignment["train"]["words"]
    yield Line(9, "R", f"why: the same, trained on {n:,} words of books", str(static), "reported")
    for name, layer in ((STATIC, 0), (LARGE, 0), (LARGE, 6), ("one_hot", 0)):
        value = more.score(name, task, f"single:{layer}").value
        yield reported(9, f"why: {name} layer {layer} there", f"{100 * value:.1f}")


def anisotropy(e: Evidence) -> Iterable[Line]:
    """10. Anisotropy grows and adjusted self-similarity falls with depth (Ethayarajh 2019)."""
    found = geometry(LARGE, 1500)
    rho = float(spearmanr(range(len(found) - 1), [one.anisotropy for one in found[:-1]]).statistic)
    told = " ".join(f"{one.anisotropy:.2f}" for one in found)
    verdict = "pass" if rho > 0.7 else "fail"
    yield Line(
        10, "D", "rank correlation of layer and anisotropy, last layer apart, > 0.7", f"{rho:.2f} ({told})", verdict
    )
    adjusted = [one.self_similarity - one.anisotropy for one in found]
    told = " ".join(f"{value:.2f}" for value in adjusted)
    falls = adjusted[-2] < adjusted[1]
    yield Line(10, "D", "adjusted self-similarity lower in block 5 than in block 1", told, "pass" if falls else "fail")
    for name in (STATIC, BILM):
        value = geometry(name, 500)[0].self_similarity
        yield invariant(10, f"self-similarity of {name}'s layer 0 is 1", f"{value:.6f}", abs(value - 1) < 1e-3)


def trees(e: Evidence) -> Iterable[Line]:
    """11. Trees peak in the middle, far above order (Hewitt & Manning 2019)."""
    task, probe = "tree_distance", "structural"
    record = e.record(LARGE, task, probe)
    best = e.best_layer(LARGE, task, probe, on_dev=False)
    depth = int(best.split(":")[1]) / (len(record.layer_names) - 1)
    middle = 0.33 <= depth <= 0.9
    yield Line(
        11, "D", "best layer between 0.33 and 0.9 of the depth", f"{best}, {depth:.2f}", "pass" if middle else "fail"
    )
    top, bottom = (e.score(LARGE, task, mix, probe=probe) for mix in (best, "single:0"))
    chain = next(b for b in record.baselines if b.extractor == "chain")
    effect = Effect(*(100 * x for x in (top.value, top.low, top.high)))
    yield at_least(11, "its UUAS ≥ 60", effect, 60)
    for name, other, threshold in (("layer 0", bottom, 20), ("the chain", chain, 12)):
        apart = Effect(*(100 * x for x in (top.value - other.value, top.low - other.high, top.high - other.low)))
        yield at_least(11, f"its UUAS − {name}'s ≥ {threshold} (unpaired interval)", apart, threshold)
    alone = e.score("minilm_alone", task, "single:0", probe=probe)
    yield reported(11, "why: layer 0 of every word alone, which holds no positions", f"{100 * alone.value:.1f}")
    apart = Effect(*(100 * x for x in (top.value - alone.value, top.low - alone.high, top.high - alone.low)))
    yield reported(11, "why: the best layer − that (unpaired interval)", str(apart))
    arc = e.score(LARGE, "arc", e.best_layer(LARGE, "arc"))
    yield invariant(11, "arcs above what distance alone reaches, 71.8", f"{100 * arc.value:.1f}", arc.low > 0.718)


def pieces_and_depth(e: Evidence) -> Iterable[Line]:
    """12. First pieces lose morphology (Ács et al. 2021); lower layers know similarity (Bommasani et al. 2020)."""
    masks = {name: in_several_pieces(e.record("minilm_first", name), preset) for name, preset in PIECED.items()}
    best = max(
        (e.pooled_difference([(name, side(e, pooling, name), side(e, "first", name), mask)
                              for name, mask in masks.items()]) for pooling in ("last", "mean")),
        key=lambda effect: effect.value,
    )  # fmt: skip
    targets = sum(int(mask.sum()) for mask in masks.values())
    yield at_least(
        12, f"VerbForm and Tense: last or mean − first piece ≥ 2, {targets} targets of several pieces", best, 2
    )
    yield from more_pieces(e)
    yield at_least(
        12, "similarity (means of 20 contexts): layer 2 − layer 6 ≥ 3 (range over four sets)", deeper(e, AVERAGED), 3
    )
    yield reported(
        12, "why: the same of words alone, where MiniLM's last layer was trained to compare", str(deeper(e, LARGE))
    )
    lasts = {name: geometry(name, 500) for name in (LARGE, "small_mlm")}
    told = "; ".join(
        f"{name} {found[-2].anisotropy:.2f} to {found[-1].anisotropy:.2f}" for name, found in lasts.items()
    )
    yield reported(12, "why: anisotropy from the last layer but one to the last", told)


def deeper(e: Evidence, extractor: str) -> Effect:
    """Word similarity in layer 2 minus that in the last layer, mean and range over the sets."""
    apart = [
        100
        * (
            e.score(extractor, task, "single:2", probe="none").value
            - e.score(extractor, task, "single:6", probe="none").value
        )
        for task in SIMILARITIES
    ]
    return Effect(float(np.mean(apart)), min(apart), max(apart))


def more_pieces(e: Evidence) -> Iterable[Line]:
    """The same with another feature that is written at the end of words and has more targets of several pieces."""
    name = "feats_Number"
    mask = in_several_pieces(e.record("minilm_first", name), "feats")
    for pooling in ("last", "mean"):
        found = e.difference(name, side(e, pooling, name), side(e, "first", name), mask)
        yield reported(
            12, f"why: Number, {pooling} − first piece, {int(mask.sum())} targets of several pieces", str(found)
        )


def side(e: Evidence, pooling: str, task: str) -> tuple[str, str]:
    """MiniLM with that pooling of pieces, and its best layer on dev."""
    return f"minilm_{pooling}", e.best_layer(f"minilm_{pooling}", task)


FINDINGS: tuple[Callable[[Evidence], Iterable[Line]], ...] = (
    contextual_above_static,
    parts_of_speech_before_arcs,
    mix_beside_single_layers,
    first_lstm_for_syntax,
    random_contextualisation,
    selectivity,
    codelength,
    bigram_shift,
    word_content,
    anisotropy,
    trees,
    pieces_and_depth,
)


def main() -> int:
    """Prints the table, as Markdown with --md; 1 when a hard invariant fails."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--md"]
    evidence = Evidence(Path(arguments[0] if arguments else "results/known_findings"))
    lines: list[Line] = []
    for number, finding in enumerate(FINDINGS, 1):
        try:
            lines += finding(evidence)
        except DataError as error:
            lines.append(Line(number, "–", (finding.__doc__ or "").split("\n")[0], str(error), "not run"))
    rows = [(str(line.finding), line.kind, line.claim, line.found, line.verdict) for line in lines]
    if "--md" in sys.argv:
        print("| | kind | claim | found | verdict |\n| ---: | --- | --- | --- | --- |")
        print("\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n")
    else:
        table = Table("", "kind", "claim", "found", "verdict")
        for row in rows:
            table.add_row(*row)
        Console(width=150, highlight=False).print(table)
    verdicts = [{line.verdict for line in lines if line.finding == number} for number in range(1, len(FINDINGS) + 1)]
    passed = sum(found <= {"pass", "reported"} for found in verdicts)
    print(f"{passed} of {len(FINDINGS)} findings pass in every line")
    return int(any(line.kind == "H" and line.verdict == "fail" for line in lines))


if __name__ == "__main__":
    raise SystemExit(main())
