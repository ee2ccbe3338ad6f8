"""A choice of cells and scores: `task=upos,arc extractor=small_*`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from embedbench.errors import ConfigurationError
from embedbench.reporting.dimensions import OF_SCORE, check_dimensions, of_record
from embedbench.results.schema import Record


@dataclass(frozen=True)
class Only:
    """What is kept: for every name, one of its values.

    Attributes:
        wanted: by name (as in `--rows`), the values; `*` stands for anything.
    """

    wanted: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def of_scores(self) -> tuple[str, ...]:
        """The names that choose among the scores of a cell."""
        return tuple(name for name in self.wanted if name in OF_SCORE)

    def has(self, name: str, value: str | None) -> bool:
        """Whether that value of that name is kept."""
        if name not in self.wanted:
            return True
        return value is not None and any(_matches(pattern, value) for pattern in self.wanted[name])

    def cells(self, records: Sequence[Record]) -> list[Record]:
        """The records that are kept; what chooses among scores is not looked at.

        Raises:
            ConfigurationError: a name does not exist, or no record has one of the values.
        """
        check_dimensions(records, self.wanted)
        names = [name for name in self.wanted if name not in OF_SCORE]
        for name in names:
            known = {of_record(record, name) for record in records}
            for pattern in self.wanted[name]:
                if not any(_matches(pattern, value) for value in known):
                    there = ", ".join(sorted(known)) or "none"
                    raise ConfigurationError(f"no record here has the {name} {pattern!r}; there are: {there}")
        return [r for r in records if all(self.has(name, of_record(r, name)) for name in names)]


def parse_only(words: Iterable[str]) -> Only:
    """The choice that `KEY=VALUE[,VALUE]` words describe; the values of one key add up.

    Raises:
        ConfigurationError: a word has no `=`, no key or no value.
    """
    wanted: dict[str, tuple[str, ...]] = {}
    for word in words:
        name, _, values = word.partition("=")
        chosen = _values(values)
        if not name or not chosen:
            raise ConfigurationError(f"--only {word}: expected KEY=VALUE or KEY=VALUE,VALUE, such as task=upos,arc")
        wanted[name] = (*wanted.get(name, ()), *chosen)
    return Only(wanted)


def _values(text: str) -> tuple[str, ...]:
    """The values between commas; a list in brackets, such as the value of `seeds`, is one value."""
    if text.startswith("["):
        return (text,)
    return tuple(filter(None, (value.strip() for value in text.split(","))))


def _matches(pattern: str, value: str) -> bool:
    if "*" not in pattern:
        return pattern == value
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), value, re.DOTALL) is not None
