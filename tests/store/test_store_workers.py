"""Stores built by several workers: the same bytes, whoever dies meanwhile."""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import ClassVar

import pytest
from store_toy import Patient, Toy, toy_corpus

from embedbench.errors import ClusterError, ConfigurationError, NumericalError, StoreError
from embedbench.store import StoreDtype, building, fill
from embedbench.store.building import BegunShard, ShardBuilder
from embedbench.store.in_processes import InProcesses
from embedbench.store.layout import Layout
from embedbench.store.manifest import write_manifest
from embedbench.store.on_ray import OnRay, _Handing
from embedbench.store.shard import write_shard
from embedbench.store.shares import ShardWorker, told
from embedbench.store.this_process import ThisProcess, _Writing

CORPUS = toy_corpus(5 * 512 - 100)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_several_processes_build_the_same_bytes(tmp_path):
    fill(Toy(), CORPUS, tmp_path / "one")
    fill(Patient(log=str(tmp_path / "log")), CORPUS, tmp_path / "two", workers=InProcesses(2, threads=1))
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")
    builders = [line.split()[0] for line in (tmp_path / "log").read_text().splitlines()]
    assert len(builders) == 5, "each shard is built once"
    assert len(set(builders)) == 2, "both had a share"


class FakeRay:
    """Runs what an actor is asked for when it is waited for; actors die where a script says so."""

    class exceptions:
        class RayError(Exception):
            pass

        class RayTaskError(RayError):
            def __init__(self, cause: Exception) -> None:
                super().__init__(str(cause))
                self.cause = cause

    def __init__(self, builder: ShardBuilder, deaths: dict[tuple[int, str], int]) -> None:
        """A death by the actor's number and what it does, and at which time of asking that is."""
        self.builder, self.deaths = builder, deaths
        self.numbers = itertools.count()
        self.under_way: dict[object, tuple[FakeActor, str, tuple]] = {}
        self.most = 0

    def hire(self) -> FakeActor:
        return FakeActor(self, next(self.numbers))

    def wait(self, refs, num_returns):
        assert set(refs) <= set(self.under_way), "waits for what was never asked"
        by_actor: dict[int, int] = {}
        for ref in refs:
            actor = self.under_way[ref][0]
            by_actor[actor.number] = by_actor.get(actor.number, 0) + 1
        self.most = max(self.most, *by_actor.values())
        return refs[:1], refs[1:]

    def get(self, ref):
        actor, what, arguments = self.under_way.pop(ref)
        actor.asked[what] = actor.asked.get(what, 0) + 1
        if actor.dead or self.deaths.get((actor.number, what)) == actor.asked[what]:
            actor.dead = True
            raise self.exceptions.RayError("the actor died")
        try:
            return getattr(actor.worker, what)(*arguments)
        except Exception as error:
            raise self.exceptions.RayTaskError(error) from error


class FakeActor:
    def __init__(self, ray: FakeRay, number: int) -> None:
        self.ray, self.number, self.dead = ray, number, False
        self.asked: dict[str, int] = {}
        self.worker = ShardWorker(ray.builder)

    def __getattr__(self, name):
        what = {"measure": "measure_rounding"}.get(name, name)
        return FakeMethod(self, what)


class FakeMethod:
    def __init__(self, actor: FakeActor, what: str) -> None:
        self.actor, self.what = actor, what

    def remote(self, *arguments):
        ref = object()
        self.actor.ray.under_way[ref] = self.actor, self.what, arguments
        return ref


def handed_out(folder: Path, deaths, extractor=None) -> tuple[FakeRay, _Handing, list[int]]:
    extractor = extractor or Toy()
    layout = Layout.of(extractor, CORPUS, StoreDtype.float16)
    (folder / "locks").mkdir(parents=True)
    write_manifest(folder, layout, extractor_fingerprint=extractor.fingerprint, corpus_fingerprint=CORPUS.fingerprint)
    builder = ShardBuilder(extractor, layout, folder)
    bounds = layout.sentence_bounds
    ray, advanced = FakeRay(builder, deaths), []
    handing = _Handing(
        ray,
        ray.hire,
        builder,
        lambda shard: CORPUS.sentences[int(bounds[shard]) : int(bounds[shard + 1])],
        lambda done, doing="": advanced.append(done),
    )
    handing.hand_out(range(layout.n_shards), 2)
    handing.measure(CORPUS.sample(10))
    return ray, handing, advanced


@pytest.mark.parametrize(
    "deaths",
    [
        {},
        {(0, "ready"): 1},
        {(0, "build"): 1},
        {(0, "build"): 2, (1, "build"): 1, (2, "build"): 1},
        {(0, "measure_rounding"): 1, (1, "measure_rounding"): 1},
    ],
)
def test_whoever_dies_every_shard_is_built_and_told_once(tmp_path, deaths):
    fill(Toy(), CORPUS, tmp_path / "one")
    ray, handing, advanced = handed_out(tmp_path / "two", deaths)
    assert {k: v for k, v in bytes_of(tmp_path / "two").items() if "locks" not in k} == {
        k: v for k, v in bytes_of(tmp_path / "one").items() if "locks" not in k
    }
    assert sum(advanced) == CORPUS.n_words
    assert len(advanced) == 5
    assert ray.most <= 2, "more than two shards were given to one process"
    assert sum(share.shards for share in handing.shares) == 5
    assert told(handing.shares)[0].startswith("process ")


def test_a_shard_that_kills_every_process_is_given_up_in_a_sentence(tmp_path):
    always = {(number, "build"): 1 for number in range(100)}
    with pytest.raises(ClusterError, match=r"4 processes of runtime=ray died while they built shard \d"):
        handed_out(tmp_path, always)


def test_processes_that_die_before_any_work_are_given_up(tmp_path):
    with pytest.raises(ClusterError, match="died before they had any work"):
        handed_out(tmp_path, {(number, "ready"): 1 for number in range(100)})


def test_what_an_extractor_does_wrong_is_said_as_it_would_be_here(tmp_path):
    class Broken(Toy):
        def extract(self, sentences):
            answer = super().extract(sentences)
            answer.values[3, 1, 2] = float("nan")
            return answer

    with pytest.raises(NumericalError) as here:
        fill(Broken(), CORPUS, tmp_path / "here", workers=ThisProcess())
    with pytest.raises(NumericalError) as there:
        handed_out(tmp_path / "there", {}, Broken())
    assert str(here.value) == str(there.value)
    assert "layer 'block1' for word 3 ('w1.2') of sentence 2" in str(here.value)


def test_impossible_numbers_are_refused():
    with pytest.raises(ConfigurationError, match=r"runtime\.processes is 0"):
        OnRay(processes=0)
    with pytest.raises(ConfigurationError, match=r"runtime\.gpus is -1"):
        OnRay(gpus=-1.0)
    with pytest.raises(ConfigurationError, match=r"runtime\.processes is 0"):
        InProcesses(0)


def test_a_shard_is_written_while_the_next_is_computed(tmp_path, monkeypatch):
    second_begun = threading.Event()

    class Noting(Toy):
        calls: ClassVar[list[int]] = []

        def extract(self, sentences):
            if self.calls:
                second_begun.set()
            self.calls.append(len(sentences))
            return super().extract(sentences)

    def patient(path, layout, shard, *rest):
        # Blocks for ever where nothing is computed meanwhile.
        assert shard or second_begun.wait(60), "the second shard was not begun while the first was written"
        write_shard(path, layout, shard, *rest)

    monkeypatch.setattr(building, "write_shard", patient)
    fill(Noting(), CORPUS, tmp_path / "overlapping")
    monkeypatch.undo()
    fill(Toy(), CORPUS, tmp_path / "plain")
    assert bytes_of(tmp_path / "overlapping") == bytes_of(tmp_path / "plain")


def test_what_was_computed_before_a_failure_is_kept_and_nothing_stays_locked(tmp_path):
    class Failing(Toy):
        asked = 0

        def extract(self, sentences):
            type(self).asked += 1
            if self.asked == 3:
                raise NumericalError("the third shard")
            return super().extract(sentences)

    with pytest.raises(NumericalError, match="the third shard"):
        fill(Failing(), CORPUS, tmp_path / "store")
    assert len(list((tmp_path / "store").glob("*.safetensors"))) == 2
    fill(Toy(), CORPUS, tmp_path / "store")  # would wait for ever for a lock that nobody released
    fill(Toy(), CORPUS, tmp_path / "plain")
    assert bytes_of(tmp_path / "store") == bytes_of(tmp_path / "plain")


def test_a_disk_that_fails_in_the_other_thread_is_told_in_one_sentence(tmp_path, monkeypatch):
    def full(path, layout, shard, *rest):
        if shard == 1:
            raise OSError(28, "No space left on device")
        write_shard(path, layout, shard, *rest)

    monkeypatch.setattr(building, "write_shard", full)
    with pytest.raises(StoreError, match="No space left on device"):
        fill(Toy(), CORPUS, tmp_path / "store")
    monkeypatch.undo()
    fill(Toy(), CORPUS, tmp_path / "store")
    fill(Toy(), CORPUS, tmp_path / "plain")
    assert bytes_of(tmp_path / "store") == bytes_of(tmp_path / "plain")


def test_an_interrupt_frees_no_shard_that_is_still_being_written(monkeypatch):
    events = []

    class Begun(BegunShard):
        shard = 0

        def write(self):
            time.sleep(0.3)
            events.append("written")

        def release(self):
            events.append("released")

    def interrupted(self, timeout=None):
        raise KeyboardInterrupt

    writing = _Writing(lambda shard: events.append("told"))
    writing.next(object.__new__(Begun))
    monkeypatch.setattr(Future, "result", interrupted)
    with pytest.raises(KeyboardInterrupt), writing:
        pass
    assert events == ["written", "released"]
