"""Components from other packages: found by entry point, listed, checked, run; a broken one costs only itself."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest
from add_ons import PLUGIN, described, installed
from small_cells import SMALL

FILES = "task.files={train: 'grammar:train:60:1', dev: 'grammar:dev:30:1', test: 'grammar:test:40:1'}"
QUICK = [override for override in SMALL if not override.startswith(("extractor.", "task."))]


@pytest.fixture
def path(tmp_path):
    """PYTHONPATH with the plugin package installed."""
    return installed(PLUGIN, tmp_path / "site")


def test_what_a_package_adds_is_listed_with_the_package(embedbench, path):
    listed = embedbench("list", PYTHONPATH=path)
    assert listed.returncode == 0, listed.stderr
    added = [line.split()[0] for line in listed.stdout.splitlines() if line.endswith("[embedbench-letters 0.3.1]")]
    assert added == ["letter_places", "half_accuracy", "faded", "narrow", "ends_in_vowel"]
    assert listed.stderr == ""


def test_options_of_a_package_are_told_with_type_default_and_meaning(embedbench, path):
    told = embedbench("list", "extractors", "letter_places", PYTHONPATH=path)
    assert told.returncode == 0, told.stderr
    lines = [" ".join(line.split()) for line in told.stdout.splitlines()]
    assert lines[1] == "from embedbench-letters 0.3.1 (embedbench_letters.components.LetterPlaces)"
    assert "case: keep | lower = lower what becomes of capital letters." in lines


@pytest.mark.slow
def test_what_a_package_adds_keeps_its_contract(embedbench, path):
    what = ("extractor=letter_places", "task=ends_in_vowel", "+" + FILES, "mix=faded", "metric=half_accuracy")
    checked = embedbench("check", *what, PYTHONPATH=path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.rstrip().endswith("0 failed")
    for promise in (
        "unusual Unicode",
        "each span lies in one sentence",
        "a learned mix has one slot",
        "drawing everything",
    ):
        assert f"passed  {promise}" in checked.stdout


@pytest.mark.slow
def test_a_cell_of_a_packages_components_alone_is_run(embedbench, path, tmp_path):
    own = ("extractor=letter_places", "extractor.case=keep", "task=ends_in_vowel", "+" + FILES, "probe=narrow")
    arguments = ("run", *own, "mixes=[faded,faded:2.0,single]", "results=r", *QUICK)
    ended = embedbench(*arguments, PYTHONPATH=path)
    assert ended.returncode == 0, ended.stderr
    [record] = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "r").rglob("record.json")]
    assert record["metric"] == "half_accuracy"
    assert record["config"]["extractor"]["case"] == "keep"
    values = {(s["mix"], s["labels"]): s["value"] for s in record["scores"]}
    assert {mix for mix, _ in values} == {"faded:0.5", "faded:2.0", "single:0", "single:1"}
    assert all(0.5 <= value <= 1 for value in values.values())
    assert "skipped" in embedbench(*arguments, PYTHONPATH=path).stderr


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError in line 1"),
        ("from embedbench.registry import register\n@register('probe', 'own')\ndef own(): ...", "not a dataclass"),
        (
            "from dataclasses import dataclass\nfrom embedbench.registry import register\n"
            "@register('extractor', 'random')\n@dataclass(frozen=True)\nclass Mine: ...",
            "extractor 'random' is registered twice",
        ),
        (
            "from dataclasses import dataclass\nfrom embedbench.registry import register\n"
            "@register('extractor', 'own')\n@dataclass(frozen=True)\nclass Mine:\n    size: 'Nowhere' = 1",
            "Nowhere",
        ),
    ],
)
def test_a_broken_package_is_one_sentence_and_the_rest_goes_on(embedbench, path, tmp_path, code, said):
    (tmp_path / "site" / "broken_add_on.py").write_text(code, "utf-8")
    described(tmp_path / "site", "broken-add-on", "1.0", {"broken": "broken_add_on"})
    told = embedbench("list", "extractors", "letter_places", PYTHONPATH=path)
    assert told.returncode == 0, told.stdout + told.stderr
    assert said in told.stderr
    assert "broken" in told.stderr
    assert told.stderr.count("\n") == 1
    assert "Traceback" not in told.stderr


def test_presets_of_a_config_dir_are_listed_with_the_folder(embedbench, path, tmp_path):
    (tmp_path / "own" / "probe").mkdir(parents=True)
    (tmp_path / "own" / "probe" / "wide.yaml").write_text(
        "# As wide as it gets.\n_target_: embedbench_letters.components.Narrow\nunits: 99\n", "utf-8"
    )
    listed = embedbench("list", "probes", "--config-dir", "own", PYTHONPATH=path)
    assert "wide" in listed.stdout
    assert "As wide as it gets.  [own]" in listed.stdout
    told = embedbench("list", "probes", "wide", "--config-dir", "own", PYTHONPATH=path)
    assert "= 99" in told.stdout


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="there is no pip here")
def test_the_package_is_installed_by_pip_and_listed(embedbench, tmp_path):
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    (tmp_path / "source").mkdir()
    for name in ("pyproject.toml", "embedbench_letters/__init__.py", "embedbench_letters/components.py"):
        target = tmp_path / "source" / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((PLUGIN / name).read_bytes())
    done = subprocess.run(
        [*pip, "--target", str(tmp_path / "site"), str(tmp_path / "source")],
        capture_output=True, text=True, check=False, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    listed = embedbench("list", "extractors", PYTHONPATH=str(tmp_path / "site"))
    assert "[embedbench-letters 0.3.1]" in listed.stdout
