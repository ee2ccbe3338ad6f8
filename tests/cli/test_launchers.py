"""`launcher=NAME`: what becomes of the words, of cells that others run, and a sweep in several processes."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest
from small_cells import SMALL

from embedbench.cli import sweep
from embedbench.cli.launchers import launched
from embedbench.cli.sweep import CellEnd
from embedbench.clusters.options import Ray, Slurm
from embedbench.errors import ClusterError, MissingExtraError


@pytest.mark.parametrize(
    ("asked", "understood"),
    [
        (["-m", "launcher=ray", "task=a,b"], ["-m", "hydra/launcher=embedbench_ray", "task=a,b"]),
        (["launcher=joblib", "launcher.n_jobs=4"], ["-m", "hydra/launcher=joblib", "hydra.launcher.n_jobs=4"]),
        (["launcher=local"], ["hydra/launcher=basic"]),
        (["-m", "launcher.sbatch={comment: a}"], ["-m", "++hydra.launcher.sbatch={comment: a}"]),
        (["-m", "launcher.sbatch.comment=a"], ["-m", "++hydra.launcher.sbatch.comment=a"]),
        (["launcher=submitit_local"], ["-m", "hydra/launcher=submitit_local"]),
        (["-m", "launcher.cpus=2", "extractor=a"], ["-m", "hydra.launcher.cpus=2", "extractor=a"]),
        (["hydra/launcher=joblib", "-m"], ["hydra/launcher=joblib", "-m"]),
    ],
)
def test_the_words_become_those_of_hydra(monkeypatch, asked, understood):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    assert launched(asked) == understood


@pytest.mark.parametrize("name", ["joblib", "slurm", "ray"])
def test_an_engine_that_is_not_installed_is_named_with_the_command_that_installs_it(monkeypatch, name):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    extra = {"joblib": "launchers"}.get(name, name)
    with pytest.raises(MissingExtraError, match=rf"launcher={name} needs.*pip install 'embedbench\[{extra}\]'"):
        launched(["-m", f"launcher={name}"])


def test_a_machine_that_is_no_part_of_a_slurm_cluster_is_refused(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ClusterError, match="sbatch, srun, squeue, scontrol cannot be found"):
        launched(["-m", "launcher=slurm"])


def test_the_options_of_our_launchers_are_checked(embedbench, monkeypatch):
    if importlib.util.find_spec("ray") is None:
        pytest.skip("ray is not installed; `make test-clusters` installs it")
    ended = embedbench("run", "-m", "launcher=ray", "launcher.cpu=2", "extractor=random", "task=upos", *SMALL)
    assert ended.returncode == 2, ended.stderr
    assert "cpu" in ended.stderr
    assert Ray().retries == 1
    assert Slurm().array_size < 1001, "SLURM's MaxArraySize, unless changed, refuses more"


def test_what_cells_tell_is_read_in_order_and_the_last_word_counts(tmp_path):
    with sweep.sweep():
        sweep.tell_start("a", "upos", 1)
        sweep.tell_start("b", "upos", 0)
        assert sweep.told_of(0)[1] is False
        sweep.tell_start("a", "upos", 1)  # put into the queue again
        sweep.tell(CellEnd("a", "upos", "done", number=1, node="n1"))
        assert [(end.name, end.status) for end in sweep.collect()] == [("b x upos", "died"), ("a x upos", "done")]
        assert sweep.told_of(1) == (CellEnd("a", "upos", "done", number=1, node="n1"), True)
        assert sweep.told_of(2) == (None, False)


def test_what_jobs_tell_lies_beside_the_results_until_all_is_well(tmp_path):
    with sweep.sweep():
        folder = sweep.gather_beside(tmp_path / "results")
        assert folder.parent == tmp_path / "results" / ".sweep"
        assert sweep.gather_beside(tmp_path / "elsewhere") == folder, "a second batch of the same sweep tells there too"
        sweep.tell(CellEnd("a", "upos", "failed", number=0))
        assert sweep.leave(sweep.collect()) == folder
        assert folder.is_dir()
        sweep.tell(CellEnd("a", "upos", "done", number=0))
        assert sweep.leave(sweep.collect()) is None
        assert not (tmp_path / "results" / ".sweep").exists()
    assert sweep.SWEEP_VARIABLE not in os.environ


def test_results_that_cannot_be_written_are_one_sentence(tmp_path):
    (tmp_path / "results").write_text("a file", encoding="utf-8")
    with sweep.sweep(), pytest.raises(ClusterError, match=r"results/\.sweep cannot be made \(Not a directory\)"):
        sweep.gather_beside(tmp_path / "results")


@pytest.mark.slow
def test_a_sweep_in_several_processes_gives_the_same_bytes(embedbench, tmp_path):
    command = ("run", "-m", "extractor=random", "task=upos,subj_number", *SMALL, "runtime.threads=1")
    for results, more in (("one", ()), ("two", ("launcher=joblib", "launcher.n_jobs=2"))):
        ended = embedbench(*command, *more, f"results={results}")
        assert ended.returncode == 0, ended.stderr
        assert "2 cells: 2 done" in ended.stderr
    for path in (tmp_path / "one").rglob("predictions.parquet"):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()


def test_extraction_in_several_processes_is_no_way_to_run_cells(embedbench):
    for override in ("runtime=ray", "runtime.processes=2"):
        ended = embedbench("run", "extractor=random", "task=upos", override, *SMALL)
        assert ended.returncode == 2, ended.stderr
        assert "launcher=ray" in ended.stderr
