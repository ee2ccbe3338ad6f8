"""The battery: every check with its known answer, in the order in which a broken instrument is best understood."""

from __future__ import annotations

from embedbench.selftest import (
    control,
    expected_layers,
    invariance,
    leakage,
    losses,
    parity,
    signal,
    treebank,
    trees,
)
from embedbench.selftest.battery import Check

CHECKS: tuple[Check, ...] = (
    Check("planted-signal", ">= 0.99", signal.planted_signal),
    Check("planted-layer", f"layer {signal.PLANTED_LAYER}, weight > 0.5, others < 0.5", signal.planted_layer),
    Check("label-order", "as in the task, >= 0.99 right", signal.label_order),
    Check("misaligned-labels", "at most the majority + 0.1", signal.misaligned_labels),
    Check("noise", "chance 0.5, a binomial interval", signal.noise),
    Check("test-never-trains", "chance 0.5", signal.test_never_trains),
    Check("dev-never-trains", "chance 0.5", signal.dev_never_trains),
    Check("dev-selects", "dev accuracy >= 0.99", signal.dev_selects),
    Check("baselines", "as counted", signal.baselines),
    Check("leakage-alarm", "alarm for test or dev in train, none for a clean task", leakage.leakage_alarm),
    Check("control-differs", "agreement < 50 %", control.control_differs),
    Check("control-per-type", "one label per word type, learned up to the ceiling", control.control_per_word_type),
    Check("vectors-in-company", "the same in any company", invariance.vectors_in_company),
    Check("pieces-meet-words", "the mean of the word's own pieces", invariance.pieces_meet_words),
    Check("scores-in-company", "the same in any company", invariance.scores_in_company),
    Check("softmax-once", f"{10 / 6:.4f} bits = 1.155245 nats", losses.softmax_once),
    Check("dev-loss", "log_loss of scikit-learn", losses.dev_loss),
    Check("uniform-code", "n log2 K bits", losses.uniform_code),
    Check("code-in-bits", "1 bit per coin, < 0.3 per planted tag", losses.code_in_bits),
    Check("linear-optimum", "LogisticRegression: loss ±0.2 %, accuracy ±0.3 points", parity.linear_optimum),
    Check("scalar-mix", "ScalarMix of allennlp-light", parity.scalar_mix),
    Check("bootstrap", "scipy.stats.bootstrap over the sentences on disk", parity.bootstrap_interval),
    Check("permutation-test", "scipy.stats.permutation_test; 0.25 exactly", parity.permutation_test),
    Check("expected-layers", "1.76, 2.52", expected_layers.expected_layers),
    Check("no-expected-layer", "none", expected_layers.no_expected_layer),
    Check("tree-by-hand", "UUAS 0.6667, DSpr by scipy, roots 1 and 0", trees.tree_by_hand),
    Check("planted-trees", "UUAS >= 0.98", trees.planted_trees),
    Check("ewt-word-majority", "86.66", treebank.ewt_word_majority),
    Check("ewt-control-ceiling", "92.3 ±0.5", treebank.ewt_control_ceiling),
    Check("ewt-deprel-majority", "13.3", treebank.ewt_deprel_majority),
    Check("ewt-arc-by-distance", "71.8 ±0.5", treebank.ewt_arc_by_distance),
    Check("ewt-chain", "43.1", treebank.ewt_chain),
)
