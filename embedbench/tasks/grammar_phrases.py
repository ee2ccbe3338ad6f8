"""Words with dependents: the pieces from which the grammar builds trees, and the noun phrases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from embedbench.tasks.grammar_lexicon import Lexicon, Noun

Choice = TypeVar("Choice")

SINGULAR, PLURAL = "Sing", "Plur"


@dataclass(eq=False)
class Node:
    """A word with its dependents in order; the words below it are always one stretch, so trees are projective."""

    form: str
    lemma: str
    upos: str
    xpos: str
    feats: dict[str, str]
    deprel: str = "root"
    left: list[Node] = field(default_factory=list)
    right: list[Node] = field(default_factory=list)
    entity: str = "O"

    def as_(self, deprel: str) -> Node:
        """This node, with this relation to its head."""
        self.deprel = deprel
        return self

    def before(self, *nodes: Node) -> Node:
        """This node, with these dependents placed first of all."""
        self.left[:0] = nodes
        return self

    def after(self, *nodes: Node) -> Node:
        """This node, with these dependents placed last of all."""
        self.right.extend(nodes)
        return self

    def collect(self, head: Node | None, into: list[tuple[Node, Node | None]]) -> None:
        """Appends every word below, from left to right, with its head."""
        for child in self.left:
            child.collect(self, into)
        into.append((self, head))
        for child in self.right:
            child.collect(self, into)


@dataclass(frozen=True)
class Dice:
    """Draws from one random generator; only its uniform doubles are used, whose stream is fixed across versions.

    Attributes:
        draw: gives the next double in [0, 1).
    """

    draw: Callable[[], float]

    @classmethod
    def of(cls, rng: np.random.Generator) -> Dice:
        """The dice of this generator."""
        return cls(rng.random)

    def one(self, choices: Sequence[Choice]) -> Choice:
        """One of these, all alike."""
        return choices[int(self.draw() * len(choices))]

    def word(self, choices: Sequence[Choice]) -> Choice:
        """One of these, the first ones more often, as words of a language are."""
        return choices[int(self.draw() ** 1.7 * len(choices))]


@dataclass(frozen=True)
class NounPhrase:
    """A noun phrase and what a verb must know to agree with it."""

    node: Node
    number: str
    person: str = "3"
    human: bool = False


_PRONOUNS: tuple[tuple[str, str, str, str, str], ...] = (
    # nominative, accusative, number, person, lemma
    ("he", "him", SINGULAR, "3", "he"),
    ("she", "her", SINGULAR, "3", "she"),
    ("they", "them", PLURAL, "3", "they"),
    ("I", "me", SINGULAR, "1", "I"),
    ("we", "us", PLURAL, "1", "we"),
    ("it", "it", SINGULAR, "3", "it"),
)
_POSSESSIVES = (("his", "he"), ("her", "she"), ("their", "they"), ("my", "I"), ("our", "we"))
_NUMERALS = ("two", "three", "four", "five", "six", "seven", "ten", "twelve")
_NOMINAL_PREPOSITIONS = ("of", "with", "near", "from", "behind", "beside")
PREPOSITIONS = ("in", "near", "behind", "with", "for", "at", "beside", "after", "before", "without", "under")


def function_word(form: str, upos: str, xpos: str, deprel: str, **feats: str) -> Node:
    """A word without dependents whose form is its lemma."""
    return Node(form, form, upos, xpos, feats, deprel)


def case(preposition: str) -> Node:
    """A preposition, to be placed before its noun phrase."""
    return function_word(preposition, "ADP", "IN", "case")


def coordinated(first: Node, second: Node, conjunction: str) -> Node:
    """The first node with the second one as its conjunct."""
    second.before(function_word(conjunction, "CCONJ", "CC", "cc"))
    return first.after(second.as_("conj"))


def entity(kind: str, nodes: Sequence[Node]) -> None:
    """Tags these words, in order, as one entity (BIO)."""
    for i, node in enumerate(nodes):
        node.entity = f"{'I' if i else 'B'}-{kind}"


class NounPhrases:
    """Random noun phrases over one lexicon, without relative clauses."""

    def __init__(self, dice: Dice, lexicon: Lexicon) -> None:
        self.dice = dice
        self.lexicon = lexicon

    def pronoun(self, *, subject: bool) -> NounPhrase:
        """A personal pronoun in the right case."""
        nominative, accusative, number, person, lemma = self.dice.one(_PRONOUNS)
        feats = {"Case": "Nom" if subject else "Acc", "Number": number, "Person": person, "PronType": "Prs"}
        gender = {"he": "Masc", "she": "Fem", "it": "Neut"}.get(lemma)
        if gender:
            feats = {"Case": feats.pop("Case"), "Gender": gender, **feats}
        form = nominative if subject else accusative
        return NounPhrase(Node(form, lemma, "PRON", "PRP", feats), number, person, human=lemma != "it")

    def name(self, kind: str) -> NounPhrase:
        """A named entity: PER, LOC or ORG."""
        dice, words = self.dice, self.lexicon
        if kind == "PER":
            head = _proper(dice.word(words.first_names))
            if dice.draw() < 0.4:
                head.after(_proper(dice.word(words.surnames)).as_("flat"))
            entity(kind, [head, *head.right])
        elif kind == "LOC":
            head = _proper(dice.word(words.places))
            entity(kind, [head])
        elif dice.draw() < 0.3:
            head = _proper(dice.word(words.organisation_names))
            entity(kind, [head])
        else:
            owner = dice.word(words.organisation_names) if dice.draw() < 0.7 else dice.word(words.places)
            head = _proper(dice.word(words.organisation_heads)).before(_proper(owner).as_("compound"))
            entity(kind, [*head.left, head])
            head.before(_article("the"))
        return NounPhrase(head, SINGULAR, human=kind == "PER")

    def common(self, *, human: bool, depth: int) -> NounPhrase:
        """A common noun with determiner, adjectives, compound, prepositional phrase or coordination."""
        dice, words = self.dice, self.lexicon
        noun: Noun = dice.word(words.people if human else words.things)
        number = PLURAL if dice.draw() < 0.35 else SINGULAR
        node = _noun(noun, number)
        if dice.draw() < 0.12:
            node.before(_noun(dice.word(words.things), SINGULAR).as_("compound"))
        for _ in range(2 if dice.draw() < 0.08 else int(dice.draw() < 0.3)):
            node.before(
                Node((adjective := dice.word(words.adjectives)), adjective, "ADJ", "JJ", {"Degree": "Pos"}, "amod")
            )
        node.before(*self._determiner(number, depth))
        if depth < 2 and dice.draw() < 0.16 / (1 + depth):
            inner = self.any(depth=depth + 1, pronouns=False)
            node.after(inner.node.before(case(dice.one(_NOMINAL_PREPOSITIONS))).as_("nmod"))
        if depth < 2 and dice.draw() < 0.06:
            coordinated(node, self.any(depth=2, human=human, pronouns=False).node, dice.one(("and", "and", "or")))
            number = PLURAL
        return NounPhrase(node, number, human=human)

    def any(self, *, depth: int, human: bool = False, subject: bool = False, pronouns: bool = True) -> NounPhrase:
        """A pronoun, a name or a common noun phrase."""
        if pronouns and self.dice.draw() < 0.2:
            return self.pronoun(subject=subject)
        if self.dice.draw() < 0.25:
            return self.name("PER" if human else self.dice.one(("PER", "LOC", "ORG")))
        return self.common(human=human or self.dice.draw() < 0.3, depth=depth)

    def prepositional(self, *, depth: int) -> Node:
        """A prepositional phrase that says where, when or how, to hang on a verb."""
        phrase = self.name("LOC") if self.dice.draw() < 0.15 else self.any(depth=depth + 1)
        return phrase.node.before(case(self.dice.one(PREPOSITIONS))).as_("obl")

    def _determiner(self, number: str, depth: int) -> list[Node]:
        dice = self.dice
        if dice.draw() < 0.45:
            return [_article("the")]
        if depth < 2 and dice.draw() < 0.12:
            owner = self.name("PER").node.as_("nmod:poss")
            return [owner.after(function_word("'s", "PART", "POS", "case"))]
        if dice.draw() < 0.2:
            form, lemma = dice.one(_POSSESSIVES)
            return [Node(form, lemma, "PRON", "PRP$", {"Case": "Gen", "Poss": "Yes", "PronType": "Prs"}, "nmod:poss")]
        if number == SINGULAR:
            if dice.draw() < 0.7:
                return [_article("a")]
            form = dice.one(("this", "that", "every", "each"))
            if form in ("this", "that"):
                return [function_word(form, "DET", "DT", "det", Number=SINGULAR, PronType="Dem")]
            return [function_word(form, "DET", "DT", "det", PronType="Tot")]
        if dice.draw() < 0.3:
            form = dice.one(("these", "those"))
            return [
                Node(
                    form,
                    form.replace("ese", "is").replace("ose", "at"),
                    "DET",
                    "DT",
                    {"Number": PLURAL, "PronType": "Dem"},
                    "det",
                )
            ]
        if dice.draw() < 0.4:
            return [function_word(dice.one(_NUMERALS), "NUM", "CD", "nummod", NumType="Card")]
        if dice.draw() < 0.5:
            return [function_word(dice.one(("many", "several", "few")), "ADJ", "JJ", "amod", Degree="Pos")]
        return []


def _article(form: str) -> Node:
    return function_word(form, "DET", "DT", "det", Definite="Def" if form == "the" else "Ind", PronType="Art")


def _proper(form: str) -> Node:
    return Node(form, form, "PROPN", "NNP", {"Number": SINGULAR})


def _noun(noun: Noun, number: str) -> Node:
    plural = number == PLURAL
    return Node(
        noun.plural if plural else noun.singular, noun.singular, "NOUN", "NNS" if plural else "NN", {"Number": number}
    )
