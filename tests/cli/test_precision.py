"""`runtime.precision`: which networks it reaches, and what `auto` is on this machine."""

from __future__ import annotations

import pytest

from embedbench.cli.cell_config import with_precision
from embedbench.cli.configuration import compose
from embedbench.extractors import precision
from embedbench.extractors.precision import Precision


def chosen(*overrides):
    config = compose(["extractor=minilm", "extractor.device=cpu", *overrides])
    return with_precision(config.extractor, config.runtime.precision)


@pytest.mark.parametrize(("wanted", "got"), [("bf16", "bf16"), ("fp16", "fp16"), ("fp32", "fp32"), ("null", "auto")])
def test_it_is_that_of_networks_that_leave_it_open(wanted, got):
    assert chosen(f"runtime.precision={wanted}").precision == Precision(got)


@pytest.mark.parametrize("extractor", ["elmo", "small_bilm"])
def test_it_reaches_elmo_too(extractor):
    assert chosen(f"extractor={extractor}", "runtime.precision=bf16").precision == Precision.bf16
    assert chosen(f"extractor={extractor}").precision == Precision.auto


def test_an_extractor_that_says_its_own_keeps_it():
    assert chosen("runtime.precision=bf16", "extractor.precision=fp32").precision == Precision.fp32


def test_networks_within_other_extractors_are_reached_and_tables_are_left_alone():
    config = compose(["extractor=reduced", "+extractor@extractor.inner=minilm", "extractor.dim=8"])
    assert with_precision(config.extractor, Precision.bf16).inner.precision == Precision.bf16
    # The configuration itself, and so the record, keeps saying what was asked for.
    assert config.extractor.inner.precision == Precision.auto
    assert "precision" not in with_precision(compose(["extractor=random"]).extractor, Precision.bf16)


@pytest.mark.parametrize(("flags", "got"), [("avx2 avx512_bf16", "bf16"), ("avx2 avx512f", "fp32"), ("", "fp32")])
def test_auto_is_what_the_processor_multiplies_natively(monkeypatch, tmp_path, flags, got):
    (tmp_path / "cpuinfo").write_text(f"model name : any\nflags\t\t: fpu {flags}\nflags : none\n")
    monkeypatch.setattr(precision, "_PROCESSOR", tmp_path / "cpuinfo")
    assert chosen("runtime.precision=auto").precision == Precision(got)
