"""One reader under test: valid inputs, how they are mutated, how they are read, and what a value must keep to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from fuzzing.mutations import Mutation, mutated


class WrongValueError(Exception):
    """A reader gave a value that is not what the file says."""


@dataclass(frozen=True)
class Subject:
    """A reader.

    Attributes:
        name: in the table.
        file: the name of the file that it reads; the suffix matters to some.
        seeds: valid inputs; made when they are first needed.
        read: reads the file; lazy parts included.
        check: raises WrongValueError where the value is not what these bytes say.
        mutations: what is done to the seeds.
        finish: what is done to the mutated bytes, such as packing them.
        prepare: writes what must lie beside the file.
        share: of the inputs of a run, relative to the others; slow readers get less.
        names_file: whether a refusal must name the file.
    """

    name: str
    file: str
    seeds: Callable[[], Sequence[bytes]]
    read: Callable[[Path], Any]
    check: Callable[[Any, bytes], None]
    mutations: tuple[Mutation, ...]
    finish: Callable[[bytes, Random], bytes] | None = None
    prepare: Callable[[Path], None] | None = None
    share: float = 1.0
    names_file: bool = True

    def input(self, number: int, seed: int, seeds: Sequence[bytes]) -> bytes:
        """Input `number` of the run with this seed; the first ones are the valid inputs themselves."""
        rng = Random(f"{seed} {self.name} {number}")
        chosen = seeds[number] if number < len(seeds) else rng.choice(seeds)
        content = chosen if number < len(seeds) else mutated(chosen, self.mutations, rng)
        return self.finish(content, rng if number >= len(seeds) else Random(1)) if self.finish else content


def expect(found: object, wanted: object, what: str) -> None:
    """Raises unless both are equal."""
    if found != wanted:
        raise WrongValueError(f"{what}: {str(found)[:200]} instead of {str(wanted)[:200]}")


def whole_words(words: Iterable[object]) -> None:
    """Raises unless all are strings that UTF-8 can write, with at least one character and without a zero byte."""
    for word in words:
        if not isinstance(word, str) or not word or "\0" in word:
            raise WrongValueError(f"{word!r:.80} is no word")
        if not word.isascii():
            try:
                word.encode()
            except UnicodeEncodeError:
                raise WrongValueError(f"{word!r:.80} has half a surrogate pair") from None


NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
"""What a person would take for a decimal number."""


def number(raw: str) -> float:
    """The number; raises where a person would see none."""
    if not NUMBER.fullmatch(raw):
        raise WrongValueError(f"{raw!r:.80} was read as a number")
    return float(raw)


def natural(raw: str) -> int:
    """The natural number; raises where it is written in another way than Python would write it."""
    if not (raw.isascii() and raw.isdigit() and len(raw) < 30 and str(int(raw)) == raw):
        raise WrongValueError(f"{raw!r:.80} was read as a natural number")
    return int(raw)


def lines_of(content: bytes) -> list[str]:
    """The lines of a text, without their ends."""
    return [line.rstrip("\r") for line in content.decode("utf-8-sig").split("\n")]
