"""The row (or column) from whose values all others are told as differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from embedbench.errors import ConfigurationError
from embedbench.reporting.options import TableOptions
from embedbench.reporting.placing import Key, Placed
from embedbench.results.schema import Score


@dataclass(frozen=True)
class Reference:
    """An extractor or a baseline; without a name, values are told as they are.

    Attributes:
        name: the extractor's label, or the baseline's name.
        notes: what the differences are.
    """

    name: str | None = None
    notes: tuple[str, ...] = ()
    _cells: Mapping[tuple[Key, Key], Placed] = field(default_factory=dict)
    _baselines: Mapping[Key, Score] = field(default_factory=dict)
    _names: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @classmethod
    def among(cls, found: Sequence[Placed], below: Mapping[tuple[Key, Key], Score], options: TableOptions) -> Reference:
        """The reference that the options name.

        Raises:
            ConfigurationError: no extractor and no baseline has that name; the message lists them.
        """
        name = options.relative_to
        names = (options.rows, options.columns)
        cells = {(one.row, one.column): one for one in found if _extractor(one, names) == name}
        as_column = "extractor" in options.columns
        own = {place[0 if as_column else 1]: score for place, score in below.items() if score.extractor == name}
        if not cells and not own:
            known = dict.fromkeys(
                [*(_extractor(one, names) for one in found), *sorted({score.extractor for score in below.values()})]
            )
            raise ConfigurationError(f"--relative-to {name}: there is no such row; there are: {', '.join(known)}")
        note = f"values are differences from {name} in points; {name} itself stands with its values"
        return cls(name, (note,), cells, own, names)

    def is_reference(self, one: Placed) -> bool:
        """Whether a cell is the reference's own."""
        return (one.row, one.column) in self._cells

    def cell_of(self, one: Placed) -> Placed | None:
        """The reference's cell that differs in the extractor alone, if it is the same question."""
        if self.name is None:
            return None
        other = self._cells.get((self._turned(one.row, 0), self._turned(one.column, 1)))
        return other if other is not None and other.question == one.question else None

    def score_of(self, one: Placed) -> Score | None:
        """The score that a cell is compared with."""
        other = self.cell_of(one)
        if other is not None:
            return other.score
        return self._baselines.get(one.row if "extractor" in self._names[1] else one.column)

    def of_baseline(self, place: tuple[Key, Key], score: Score) -> Score | None:
        """What a baseline is compared with; None where it is the reference itself, or nothing is."""
        if self.name is None or score.extractor == self.name:
            return None
        as_column = "extractor" in self._names[1]
        line = place[0] if as_column else place[1]
        if line in self._baselines:
            return self._baselines[line]
        own = [cell for (row, column), cell in self._cells.items() if (row if as_column else column) == line]
        return own[0].score if len(own) == 1 else None

    def _turned(self, key: Key, which: int) -> Key:
        return tuple(
            str(self.name) if name == "extractor" else value
            for name, value in zip(self._names[which], key, strict=True)
        )


def _extractor(one: Placed, names: tuple[tuple[str, ...], tuple[str, ...]]) -> str:
    values = dict(zip((*names[0], *names[1]), (*one.row, *one.column), strict=True))
    return values.get("extractor", "")
