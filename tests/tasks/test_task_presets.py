"""Every task preset composes, builds its task, and points to catalogued data, the grammar or gensim."""

from __future__ import annotations

from functools import cache

import pytest
from hydra import compose, initialize_config_module
from hydra.core.config_store import ConfigStore

from embedbench.cli.configuration import build, preset_names
from embedbench.cli.typed_options import component_schema
from embedbench.data.catalogue import CATALOGUE
from embedbench.data.locate import locate
from embedbench.registry import components, load_components
from embedbench.tasks import grammar
from embedbench.tasks.sources import data_set_of
from embedbench.types import Split

load_components()
PRESETS = preset_names("task")


@pytest.fixture(scope="module", autouse=True)
def _store():
    # Only the tasks: the other groups have tests of their own.
    for name, component in components("task").items():
        ConfigStore.instance().store(group="schema/task", name=name, node=component_schema(component))
    node = {"defaults": ["_self_", {"paths": "default"}, {"task": "upos"}]}
    ConfigStore.instance().store(name="task_alone", node=node)


@cache
def _task(*overrides: str):
    with initialize_config_module(config_module="embedbench.conf", version_base="1.3"):
        return build(compose("task_alone", overrides=list(overrides)).task)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_builds_a_task_over_catalogued_or_installed_data(preset) -> None:
    task = _task(f"task={preset}", "paths.data=/data")
    for spec in task.files.values():
        here = grammar.is_spec(spec) or (spec.startswith("gensim:") and locate(spec).is_file())
        assert here or (spec.startswith("/data/") and data_set_of(spec)), spec
    assert preset.startswith(("feats", task.meta.name))


def test_every_registered_task_has_a_preset_of_its_own_name() -> None:
    built_in = {n for n, c in components("task").items() if c.target.__module__.startswith("embedbench.")}
    assert built_in <= set(PRESETS)


def test_every_catalogued_file_of_word_pairs_has_a_preset() -> None:
    presets = [preset for preset in PRESETS if preset.startswith("word_similarity")]
    files = {_task(f"task={preset}", "paths.data=/data").files["test"] for preset in presets}
    assert {f"/data/{entry.path}" for entry in CATALOGUE["word_similarity"].files} <= files


def test_names_in_tables_are_different() -> None:
    names = [_task(f"task={preset}", "paths.data=/data").meta.name for preset in PRESETS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("treebank", ["grammar", "grammar_disjoint"])
def test_treebank_tasks_change_to_the_grammar_by_one_override(treebank) -> None:
    task = _task("task=deprel", f"treebank@task.files={treebank}")
    assert all(grammar.is_spec(spec) for spec in task.files.values())
    assert list(task.files) == [split.value for split in Split]


def test_files_can_be_given_on_the_command_line() -> None:
    task = _task("task=upos", "task.files={train: a.conllu, dev: grammar:dev:9:2, test: b.conllu.xz}")
    assert task.files == {"train": "a.conllu", "dev": "grammar:dev:9:2", "test": "b.conllu.xz"}
    assert list(_task("task=head_distance", "task.edges=[1,4]").edges) == [1, 4]
