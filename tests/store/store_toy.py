"""A numpy-only extractor and corpora for the tests of the store; also a program, for tests that need processes."""

from __future__ import annotations

import argparse
import os
import signal
import threading
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embedbench.fingerprint import fingerprint
from embedbench.store import StoreDtype, fill
from embedbench.types import Alignment, Corpus, LayeredWords, Sentence


@dataclass(frozen=True)
class Toy:
    """Vectors that are a function of the word alone, in numbers that float16 does not hold exactly."""

    name: str = "toy"
    n_layers: int = 3
    dim: int = 5
    log: str = ""
    seconds: float = 0.0

    @property
    def layer_names(self) -> tuple[str, ...]:
        return tuple(f"block{layer}" for layer in range(self.n_layers))

    @property
    def fingerprint(self) -> str:
        return fingerprint("toy", self.n_layers, self.dim)

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        if self.log:
            with open(self.log, "a") as stream:  # appending one short line is atomic
                stream.write(f"{os.getpid()} {' '.join(next(s for s in sentences if s))}\n")
        time.sleep(self.seconds)
        words = [word for sentence in sentences for word in sentence]
        codes = np.array([zlib.crc32(word.encode()) % 9973 for word in words], np.float32)
        columns = np.arange(1, self.n_layers * self.dim + 1, dtype=np.float32)
        values = np.sin(codes[:, None] * columns, dtype=np.float32).reshape(len(words), self.n_layers, self.dim)
        unknown = np.flatnonzero([word.endswith("7") for word in words]).astype(np.int64)
        return LayeredWords(values, Alignment(out_of_vocabulary=unknown))


@dataclass(frozen=True)
class Patient(Toy):
    """Answers once two processes have begun a shard, so that none can build all before the other is there."""

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        answer = super().extract(sentences)
        deadline = time.monotonic() + 300
        while len({line.split()[0] for line in Path(self.log).read_text().splitlines()}) < 2:
            assert time.monotonic() < deadline, "nobody else came"
            time.sleep(0.05)
        return answer


def toy_corpus(n_sentences: int, words_each: int = 4) -> Corpus:
    """Sentences of up to twice as many words, every eleventh empty, all words distinct by their number."""
    lengths = [0 if i % 11 == 5 else 1 + (i * 7) % (2 * words_each) for i in range(n_sentences)]
    return Corpus.of([f"w{i}.{j}" for j in range(length)] for i, length in enumerate(lengths))


def anonymous_bytes() -> int:
    """The memory of this process that is not a cached file (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no RssAnon in /proc/self/status")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("sentences", type=int)
    parser.add_argument("--words-each", type=int, default=4)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--dim", type=int, default=5)
    parser.add_argument("--log", default="")
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--die-at-sync", type=int, default=0, help="kill -9 oneself at the N-th sync of a file")
    parser.add_argument("--measure", action="store_true", help="print the most anonymous memory that filling added")
    options = parser.parse_args()

    if options.die_at_sync:
        syncs = iter(range(1, 10_000))

        def deadly(descriptor: int) -> None:
            if next(syncs) == options.die_at_sync:
                os.kill(os.getpid(), signal.SIGKILL)

        os.fsync = deadly
    corpus = toy_corpus(options.sentences, options.words_each)
    toy = Toy(n_layers=options.layers, dim=options.dim, log=options.log, seconds=options.seconds)
    # The corpus is in memory before filling begins: its words are not what a store takes.
    before = anonymous_bytes() if options.measure else 0
    peak, done = [before], threading.Event()

    def sample() -> None:
        while not done.wait(0.001):
            peak[0] = max(peak[0], anonymous_bytes())

    sampler = threading.Thread(target=sample)
    if options.measure:
        sampler.start()
    print("ready", flush=True)
    fill(toy, corpus, options.folder, dtype=StoreDtype.float16)
    done.set()
    if options.measure:
        sampler.join()
    print(peak[0] - before)


if __name__ == "__main__":
    main()
