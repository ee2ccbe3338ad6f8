"""The words of the built-in grammar, with their inflected forms, in two parts that share no content word."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

_FILE = "grammar_lexicon.json"
_HELD_OUT_EVERY = 4
_VOWELS = "aeiou"

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Noun:
    """A common noun."""

    singular: str
    plural: str


@dataclass(frozen=True)
class Verb:
    """A verb and its five forms."""

    base: str
    third: str
    past: str
    participle: str
    gerund: str


@dataclass(frozen=True)
class Lexicon:
    """Content words by class; lists begin with the words that the grammar uses most.

    Attributes:
        people: nouns that can act.
        things: all other nouns.
        intransitive: verbs by what they take: nothing, an object, a clause, an infinitive, two objects.
        organisation_heads: last words of organisations (the Halden Bank).
    """

    people: tuple[Noun, ...]
    things: tuple[Noun, ...]
    intransitive: tuple[Verb, ...]
    transitive: tuple[Verb, ...]
    clausal: tuple[Verb, ...]
    control: tuple[Verb, ...]
    ditransitive: tuple[Verb, ...]
    adjectives: tuple[str, ...]
    adverbs: tuple[str, ...]
    first_names: tuple[str, ...]
    surnames: tuple[str, ...]
    places: tuple[str, ...]
    organisation_heads: tuple[str, ...]
    organisation_names: tuple[str, ...]


@cache
def lexicon(held_out: bool) -> Lexicon:
    """The words of the main part (three quarters of every list), or of the held-out part (every fourth word)."""
    raw: dict[str, Any] = json.loads(lexicon_text())

    def part(name: str) -> list[str]:
        return [word for i, word in enumerate(raw[name]) if (i % _HELD_OUT_EVERY == _HELD_OUT_EVERY - 1) == held_out]

    both = part("noun_verbs")
    frames: dict[str, list[str]] = raw["noun_verb_frames"]
    ambiguous_nouns = [entry.split()[0] for entry in both] + part("adjective_nouns")

    def verbs(name: str, frame: str | None = None) -> tuple[Verb, ...]:
        return _each(
            _verb, _interleave(part(name), [w for w in both if frame is None or w.split()[0] in frames[frame]])
        )

    return Lexicon(
        people=_each(_noun, part("nouns_person")),
        things=_each(_noun, _interleave(part("nouns_thing"), ambiguous_nouns)),
        intransitive=verbs("verbs_intransitive", "I"),
        transitive=verbs("verbs_transitive"),
        clausal=verbs("verbs_clausal", "C"),
        control=_each(_verb, part("verbs_control")),
        ditransitive=_each(_verb, part("verbs_ditransitive")),
        adjectives=tuple(_interleave(part("adjectives"), part("adjective_nouns"))),
        adverbs=tuple(part("adverbs")),
        # Names that are a person or a place, such as Florence, are in both lists.
        first_names=tuple(_interleave(part("first_names"), part("person_or_place"))),
        surnames=tuple(part("surnames")),
        places=tuple(_interleave(part("places"), part("person_or_place"))),
        organisation_heads=tuple(part("organisations")),
        organisation_names=tuple(part("organisation_names")),
    )


@cache
def lexicon_text() -> str:
    """The lexicon file as it ships; it belongs to the fingerprint of whatever is generated."""
    return files("embedbench.tasks").joinpath(_FILE).read_text(encoding="utf-8")


def _each(make: Callable[[str], Entry], entries: Sequence[str]) -> tuple[Entry, ...]:
    return tuple(make(entry) for entry in entries)


def _interleave(first: list[str], second: list[str]) -> list[str]:
    """Both lists as one, the shorter one spread evenly, so that its words are as frequent as the others."""
    placed = [
        ((i + 0.5) / len(words), k, word) for k, words in enumerate((first, second)) for i, word in enumerate(words)
    ]
    return [word for _, _, word in sorted(placed)]


def _noun(entry: str) -> Noun:
    """A noun from `singular [plural]`."""
    singular, *rest = entry.split()
    return Noun(singular, rest[0] if rest else _with_s(singular))


def _verb(entry: str) -> Verb:
    """A verb from `base [past participle [gerund]]`."""
    base, *rest = entry.split()
    past, participle = rest[:2] if rest else (_with_ed(base), _with_ed(base))
    return Verb(base, _with_s(base), past, participle, rest[2] if len(rest) > 2 else _with_ing(base))


def _with_s(word: str) -> str:
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    return word[:-1] + "ies" if word[-1] == "y" and word[-2] not in _VOWELS else word + "s"


def _with_ed(word: str) -> str:
    if word.endswith("e"):
        return word + "d"
    return word[:-1] + "ied" if word[-1] == "y" and word[-2] not in _VOWELS else word + "ed"


def _with_ing(word: str) -> str:
    return word[:-1] + "ing" if word.endswith("e") and not word.endswith(("ee", "oe", "ye")) else word + "ing"
