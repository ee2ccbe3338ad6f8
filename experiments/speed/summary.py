"""From what the benchmarks said to one summary: the six promised ratios, their spread, and a Markdown table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

TARGETS = {
    "extraction_vs_flair": 9.0,
    "extraction_vs_hf_loop": 5.5,
    "extraction_fraction_of_peak": 0.65,
    "elmo_vs_step_loop": 6.0,
    "probe_vs_sklearn": 20.0,
    "gather_fraction_of_bandwidth": None,
}
"""The keys of summary.json, and what each should reach at least; set on a processor with AVX-512 BF16."""
_OTHER_TARGETS = {"elmo_bf16_vs_step_loop": 11.0}
_MEANINGS = {
    "extraction_vs_flair": "words/s, all layers pooled to words: times flair",
    "extraction_vs_hf_loop": "the same: times a plain Hugging Face loop",
    "extraction_fraction_of_peak": "the same: fraction of this machine's matmul peak in the precision it computed in",
    "extraction_fraction_of_fp32_peak": "the same: fraction of the fp32 peak",
    "extraction_fraction_of_bf16_peak": "the same: fraction of the bf16 peak",
    "extraction_with_store_vs_without": "the same: seconds with the store written, times those without",
    "elmo_vs_step_loop": "full-size ELMo, fp32: times AllenNLP's step loop",
    "elmo_bf16_vs_step_loop": "full-size ELMo, bf16: times AllenNLP's step loop",
    "probe_vs_sklearn": "seconds per trained probe: times scikit-learn's LogisticRegression",
    "gather_fraction_of_bandwidth": "random rows of the store: fraction of this machine's memory bandwidth",
    "extraction_vs_sentence_transformers": "top layer, words/s: times sentence-transformers (pieces)",
    "cell_vs_senteval_loop": "a cell, text to record, 7 layers and control: times a SentEval-style loop on one layer",
}


def summary_of(scripts: Sequence[dict[str, Any]], *, quick: bool) -> dict[str, Any]:
    """The medians under the promised keys (None where not measured), and everything behind them.

    Args:
        scripts: the last line of every benchmark; one that failed has `failed`.
        quick: whether few words and rounds were measured.
    """
    found: dict[str, dict[str, Any]] = {}
    why_not: dict[str, str] = {}
    for script in scripts:
        found |= script.get("keys", {})
        why_not |= script.get("why_not", {})
    machines = [script["machine"] for script in scripts if "machine" in script]
    rivals = {
        package: number
        for script in scripts
        for package, number in script.get("rival_versions", {}).items()
        if script.get("rival_versions")
    }
    return {
        **{key: found[key]["median"] if key in found else None for key in TARGETS},
        "spread": found,
        "targets": {**TARGETS, **{key: value for key, value in _OTHER_TARGETS.items() if key in found}},
        "not_measured": {key: why_not.get(key, "its benchmark did not run") for key in TARGETS if key not in found},
        "quick": quick,
        "disturbed": [script["script"] for script in scripts if script.get("all_rounds_disturbed")],
        "failed": {script["script"]: script["failed"] for script in scripts if "failed" in script},
        "outside_tolerance": [script["script"] for script in scripts if script.get("within_tolerance") is False],
        "precision": next((script["precision"] for script in scripts if "precision" in script), None),
        "limits": {script["script"]: script["limits"] for script in scripts if "limits" in script},
        "text": next((script["text"] for script in scripts if "text" in script), None),
        "machine": machines[0] if machines else {},
        "rival_versions": rivals,
        "scripts": {script["script"]: script for script in scripts},
    }


def table_of(summary: dict[str, Any]) -> str:
    """The summary as Markdown."""
    spread, targets = summary["spread"], summary["targets"]
    lines = [
        "| what | key | median | lowest to highest | rounds | target |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for key in [*TARGETS, *(key for key in spread if key not in TARGETS)]:
        target = "–" if targets.get(key) is None else f"≥ {targets[key]:g}"
        if key in spread:
            row = spread[key]
            cells = [f"{row['median']:g}", f"{row['lowest']:g} to {row['highest']:g}", str(row["rounds"]), target]
        else:
            cells = ["not measured", "–", "–", target]
        lines.append(f"| {_MEANINGS.get(key, key)} | `{key}` | {' | '.join(cells)} |")
    lines += ["", *_notes(summary)]
    return "\n".join(lines) + "\n"


def _notes(summary: dict[str, Any]) -> list[str]:
    machine = summary["machine"]
    notes = []
    if machine:
        flags = ", ".join(machine["flags"]) or "none of the flags that matter"
        notes.append(
            f"Machine: {machine['processor']}, {machine['cores']} cores ({flags}), {machine['threads']} threads, "
            f"{machine['memory_gb']:g} GB; load average {machine['load_average']:g} at the first benchmark's end."
        )
    for name, limit in summary["limits"].items():
        peaks = ", ".join(f"{peak:g} {precision}" for precision, peak in limit["matmul_peak_gflops"].items())
        products = f"matrix products {peaks} GFLOP/s, " if peaks else ""
        notes.append(f"Limits measured with {name}: {products}memory {limit['memory_gb_per_s']:g} GB/s.")
    notes += _precision_notes(summary)
    if summary["text"]:
        notes.append(f"Text: {summary['text']}.")
    if summary["quick"]:
        notes.append("Quick run: few words and rounds, so the figures are rough.")
    if summary["disturbed"]:
        notes.append(
            "Other processes took more than a tenth of the machine in every round of "
            f"{', '.join(summary['disturbed'])}: measure again on a quiet machine."
        )
    notes += [f"Not measured: `{key}`: {why}." for key, why in summary["not_measured"].items()]
    notes += [f"Failed: {why}." for why in summary["failed"].values()]
    notes += [f"OUTSIDE ITS TOLERANCE: {name} (see its `checks`)." for name in summary["outside_tolerance"]]
    versions = {**machine.get("versions", {})}
    notes.append("Versions: " + ", ".join(f"{package} {number}" for package, number in versions.items()) + ".")
    if summary["rival_versions"]:
        told = ", ".join(f"{package} {number}" for package, number in summary["rival_versions"].items())
        notes.append(f"Rivals' environment: {told}.")
    return [f"- {note}" for note in notes]


def _precision_notes(summary: dict[str, Any]) -> list[str]:
    if not summary["precision"]:
        return []
    notes = [f"Extraction computed in {summary['precision']}."]
    limit = summary["limits"].get("extraction", {})
    if "bf16" not in limit.get("native_precisions", ("bf16",)):
        notes.append(
            "This processor has no bf16 arithmetic (AVX-512 BF16 or AMX): its bf16 products would be imitated, slower "
            "than fp32 ones, and are not measured; the fraction of the fp32 peak counts. "
            "The targets of extraction, and of ELMo in bf16, were set on a processor that has it, where bf16 is twice "
            "as fast as fp32; rivals compute in fp32 everywhere."
        )
    return notes
