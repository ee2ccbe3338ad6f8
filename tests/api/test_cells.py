"""Cells from Python are the cells of the command line: same identity, same numbers, same record."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from quick_cells import FILES, QUICK

import embedbench as eb
from embedbench.api.cells import configured
from embedbench.cli.cell_config import run_configured
from embedbench.cli.configuration import compose
from embedbench.errors import ConfigurationError, DataError
from embedbench.fingerprint import fingerprint
from embedbench.probing.probes import MLP
from embedbench.progress import SilentProgress

ON_COMMAND_LINE = (
    "task=upos",
    "task.files={train: 'grammar:train:60:1', dev: 'grammar:dev:30:1', test: 'grammar:test:40:1'}",
    "training.min_updates=20",
    "training.max_epochs=2",
    "resamples=99",
    "seeds=[0]",
)


@pytest.fixture
def places(tmp_path):
    return {"results": tmp_path / "results", "store": tmp_path / "store"}


@pytest.fixture
def upos():
    return eb.task("upos", files=FILES)


def overrides(places, *own):
    return [*ON_COMMAND_LINE, f"results={places['results']}", f"paths.store={places['store']}", *own]


@pytest.mark.slow
def test_a_cell_that_python_ran_is_skipped_by_the_command_line(places, upos):
    record = eb.run(eb.extractor("random", size=16), upos, **places, **QUICK)
    [path] = places["results"].rglob("record.json")
    written = path.read_bytes()
    command = [sys.executable, "-m", "embedbench", "run", *overrides(places, "extractor=random", "extractor.size=16")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "skipped" in done.stderr
    assert path.read_bytes() == written
    assert json.loads(written)["identity"] == record.identity


def test_a_cell_that_the_command_line_ran_is_read_by_python(places, upos):
    asked = overrides(places, "extractor=random", "extractor.size=16", "probe=mlp", "probe.hidden=8")
    run_configured(compose(asked), SilentProgress(), asked)
    [theirs] = eb.records(places["results"]).records
    for probe in (eb.probe("mlp", hidden=8), MLP(hidden=8)):
        ours = eb.run(eb.extractor("random", size=16), upos, probe=probe, **places, **QUICK)
        assert ours == theirs
    elsewhere = {**places, "results": places["results"].parent / "other"}
    again = eb.run(eb.extractor("random", size=16), upos, probe=MLP(hidden=8), **elsewhere, **QUICK)
    assert again.identity == theirs.identity
    assert again.scores == theirs.scores
    assert {**again.config, "results": ""} == {**theirs.config, "results": ""}


def test_names_settings_and_overrides_make_the_command_lines_configuration(places):
    asked = [*ON_COMMAND_LINE[1:], "extractor.size=16"]
    made = configured("random", "upos", {**places, "mixes": ["mean"], "overrides": asked, "precision": "fp32"})
    theirs = compose(
        overrides(places, "extractor=random", "extractor.size=16", "mixes=[mean]", "runtime.precision=fp32")
    )
    assert made.config == theirs
    assert made.given == {}


@dataclass(frozen=True)
class FirstLetters:
    """An extractor that nobody registered, as a notebook defines it."""

    name: str = "first_letters"
    layer_names = ("table",)
    dim = 26

    @property
    def fingerprint(self):
        return fingerprint("first_letters", 1)

    def extract(self, sentences):
        letters = [ord(word[0].lower()) - 97 for sentence in sentences for word in sentence]
        return eb.LayeredWords(np.eye(26, dtype=np.float32)[np.clip(letters, 0, 25)][:, None])


def test_an_object_of_the_users_own_is_run_and_described(places, upos):
    record = eb.run(FirstLetters(), upos, **places, **QUICK)
    assert record.extractor == "first_letters"
    assert record.config["extractor"] == {"_target_": f"{__name__}.FirstLetters", "name": "first_letters"}
    assert record.config["seeds"] == [0]
    stores = eb.extract(FirstLetters(), upos, **places)
    assert stores[eb.Split.TEST].dim == 26


@dataclass(frozen=True)
class Lost(FirstLetters):
    """An extractor whose model is gone."""

    def extract(self, sentences):
        raise DataError("the model is gone")


def test_a_cell_that_fails_raises_its_sentence_and_leaves_a_record(places, upos):
    with pytest.raises(eb.EmbedbenchError, match="the model is gone"):
        eb.run(Lost(name="lost"), upos, **places, **QUICK)
    [record] = eb.records(places["results"]).records
    assert record.status.value == "failed"
    [failed, done] = eb.sweep([Lost(name="lost"), FirstLetters()], [upos], **places, **QUICK)
    assert failed.error is not None
    assert done.error is None


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: eb.extractor("randon"), "randon"),
        (lambda: eb.extractor("random", sise=3), "extractor 'random' has no option 'sise'; it has .*size"),
        (lambda: eb.extractor("random", size="many"), "many"),
        (lambda: eb.probe("mlp", hidden=0), "at least 1"),
        (lambda: eb.task("upos", files="no_such_treebank"), "no_such_treebank"),
        (lambda: eb.run("random", "upos", sede=[0]), "no setting 'sede'"),
        (lambda: eb.run(eb.extractor("random"), "upos", precision="bf16"), "give the object its own"),
        (lambda: eb.available("extractors"), "the groups are extractor, task"),
        (lambda: eb.check(3), "a int is no extractor"),
    ],
)
def test_wrong_usage_is_one_sentence(ask, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=said):
        ask()
    assert list(tmp_path.iterdir()) == []


def test_an_option_may_be_an_object():
    inner = eb.extractor("random", size=9)
    reduced = eb.extractor("reduced", inner=inner, dim=4)
    assert (reduced.inner, reduced.dim) == (inner, 4)


def test_files_of_a_treebank_are_chosen_by_name():
    assert eb.treebank("grammar_small")["train"] == "grammar:train:800:13"


def test_contracts_are_asked_of_objects():
    assert not any(result.failed for result in eb.check(eb.extractor("random", size=3)))
    assert [r.name for r in eb.check(eb.task("upos", files=FILES)) if r.failed] == []


def test_everything_that_is_offered_can_be_selected():
    assert "minilm" in eb.available("extractor")
    assert eb.available("mix")["mean"] == "The plain mean of all layers."


def test_asking_for_a_function_is_what_imports_it():
    code = (
        "import sys, embedbench as eb\n"
        "assert 'run' in dir(eb)\n"
        "assert not any(m.startswith(('embedbench.api', 'hydra', 'polars')) for m in sys.modules)\n"
        "eb.run, eb.table\n"
        "print([m for m in ('torch', 'transformers', 'gensim', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
