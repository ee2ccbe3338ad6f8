"""`embedbench conditional`: what an extractor adds over another one (Hewitt et al. 2021)."""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Sequence

from omegaconf import DictConfig, OmegaConf, open_dict

from embedbench.cli.cell_config import cell_of, run_configured
from embedbench.cli.compare_command import show_comparison
from embedbench.cli.configuration import compose, split_config_dir
from embedbench.cli.console import progress_for
from embedbench.cli.tracking import Tracking
from embedbench.errors import ConfigurationError
from embedbench.extractors.zeros import Zeros
from embedbench.reporting.comparing import CompareOptions, compare_extractors
from embedbench.reporting.options import Format
from embedbench.results.reading import Results
from embedbench.scoring.intervals import Bootstrap

_DESCRIPTION = """\
Runs two cells, or reads them where they are finished, and compares them as `embedbench compare` does: BASELINE with
EXTRA beside it, and BASELINE with zeros beside it, in the layers and dimensions of EXTRA, so that both probes have
the same size. The difference is what EXTRA adds, by the task's metric, and in bits with codelength=true.

  embedbench conditional word2vec_googlenews minilm task=upos results=results/added
  embedbench conditional word2vec_googlenews minilm task=upos results=results/added --mix single:3
  embedbench conditional random minilm task=upos codelength=true extractor.parts.extra.pooling=last

The stacks' options are those of their parts, extractor.parts.baseline.OPTION and extractor.parts.extra.OPTION."""


def execute(arguments: Sequence[str]) -> int:
    """Prints one comparison; 1 when a cell failed, 2 when it could not be built."""
    parsed, overrides = _parse(arguments)
    own, folder = split_config_dir(overrides)
    parts = [f"+extractor@extractor.parts.{key}={getattr(parsed, key)}" for key in ("baseline", "extra")]
    name = "extractor.name=${extractor.parts.baseline.name}+${extractor.parts.extra.name}"
    both = compose(["extractor=stack", *parts, name, *own], config_folder=folder)
    cells = (both, _padded(both))
    if cell_of(both).probe_name == "none":
        raise ConfigurationError(
            f"task {both.task.name} trains no probe, so nothing can be added to one; choose another"
        )
    outcomes = []
    progress, tracking = progress_for(), Tracking()
    for config in cells:
        progress.note(f"{config.extractor.name} x {config.task.name}")
        tracking.prepare(config)
        outcome = run_configured(config, progress, own)
        tracking.tell(outcome, progress)
        if outcome.record.error is not None:
            sys.stderr.write(f"embedbench: {outcome.record.extractor}: {outcome.record.error.message}\n")
            return 2 if outcome.wrong_usage else 1
        outcomes.append(outcome)
    found = Results(tuple(o.record for o in outcomes), folders=tuple(o.folder for o in outcomes))
    first, second = (config.extractor.name for config in cells)
    options = CompareOptions(first, second, mix=parsed.mix, bootstrap=Bootstrap(resamples=both.resamples))
    return show_comparison(compare_extractors(found, options), parsed.format)


def _padded(both: DictConfig) -> DictConfig:
    """The same cell with zeros in the place of what is added."""
    padded = copy.deepcopy(both)
    extra = OmegaConf.select(padded, "extractor.parts.extra")
    zeros = {"_target_": f"{Zeros.__module__}.{Zeros.__qualname__}", "name": f"zeros_like_{extra.name}", "like": extra}
    with open_dict(padded):
        padded.extractor.parts.extra = zeros
    return padded


def _parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="embedbench conditional",
        usage="embedbench conditional BASELINE EXTRA [overrides] [--mix MIX] [--format FORMAT]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=_DESCRIPTION,
    )
    parser.add_argument("baseline", help="an extractor, as in extractor=BASELINE")
    parser.add_argument("extra", help="the extractor that is added")
    parser.add_argument("overrides", nargs="*", help="as of `embedbench run`: task=…, results=…, limit=…")
    parser.add_argument("--mix", help="as in `embedbench table`; best is the single layer chosen on dev")
    parser.add_argument("--config-dir", help="as of `embedbench run`")
    parser.add_argument("--format", type=Format, choices=list(Format), default=Format.RICH, metavar="FORMAT",
                        help=", ".join(Format))  # fmt: skip
    parsed = parser.parse_intermixed_args(list(arguments))
    for key in ("baseline", "extra"):
        if "=" in getattr(parsed, key):
            raise ConfigurationError(
                f"{getattr(parsed, key)!r} stands where the {key} extractor must; name both first, such as "
                "`embedbench conditional word2vec_googlenews minilm task=upos`"
            )
    return parsed, [*parsed.overrides, *(["--config-dir", parsed.config_dir] if parsed.config_dir else [])]
