"""The clauses of the built-in grammar: agreement, tense, auxiliaries, complements, relative clauses, coordination."""

from __future__ import annotations

from dataclasses import dataclass

from embedbench.tasks.grammar_lexicon import Lexicon, Verb
from embedbench.tasks.grammar_phrases import PLURAL, SINGULAR, Dice, Node, NounPhrase, NounPhrases, coordinated
from embedbench.tasks.grammar_phrases import function_word as word

_PAST, _PRESENT = "Past", "Pres"
_MODALS = ("will", "can", "could", "must", "should", "may", "might", "would")
_SUBORDINATORS = ("because", "when", "after", "before", "although", "while", "if", "since")
_BE = {
    (_PRESENT, SINGULAR, "1"): "am",
    (_PRESENT, SINGULAR, "3"): "is",
    (_PRESENT, PLURAL, "1"): "are",
    (_PRESENT, PLURAL, "3"): "are",
    (_PAST, SINGULAR, "1"): "was",
    (_PAST, SINGULAR, "3"): "was",
    (_PAST, PLURAL, "1"): "were",
    (_PAST, PLURAL, "3"): "were",
}
_IRREGULAR = {
    "have": Verb("have", "has", "had", "had", "having"),
    "do": Verb("do", "does", "did", "done", "doing"),
}
_MAX_DEPTH = 2
_FRAMES = (
    "intransitive",
    "transitive",
    "transitive",
    "transitive",
    "copula",
    "copula",
    "clausal",
    "control",
    "ditransitive",
    "passive",
)


@dataclass(frozen=True)
class _Agreement:
    """What a finite verb shows: tense, and the number and person of its subject."""

    tense: str
    number: str
    person: str

    @property
    def feats(self) -> dict[str, str]:
        return {"Mood": "Ind", "Number": self.number, "Person": self.person, "Tense": self.tense, "VerbForm": "Fin"}


class Clauses:
    """Random clauses over one lexicon."""

    def __init__(self, dice: Dice, lexicon: Lexicon) -> None:
        self.dice = dice
        self.lexicon = lexicon
        self.phrases = NounPhrases(dice, lexicon)

    def sentence(self) -> Node:
        """The root of one sentence, with its final punctuation."""
        dice = self.dice
        if dice.draw() < 0.08:
            return self.question().after(word("?", "PUNCT", ".", "punct"))
        root = self.finite(depth=0)
        if dice.draw() < 0.1:
            other = self.finite(depth=1)
            coordinated(root, other, dice.one(("and", "but", "so")))
            other.before(word(",", "PUNCT", ",", "punct"))
        elif dice.draw() < 0.12:
            self._subordinate(root)
        elif dice.draw() < 0.1:
            root.before(self.phrases.prepositional(depth=1), word(",", "PUNCT", ",", "punct"))
        return root.after(word(".", "PUNCT", ".", "punct"))

    def finite(self, *, depth: int) -> Node:
        """A finite clause, as the node of its predicate."""
        subject = self._subject(depth)
        return self._predicate(subject, depth=depth)

    def question(self) -> Node:
        """A yes/no question with an inverted auxiliary."""
        subject = self._subject(1)
        agreement = self._agreement(subject)
        frame = self.dice.one(("intransitive", "transitive"))
        verb = self._bare(self._verb_of(frame))
        self._complements(verb, frame, depth=1)
        auxiliary = _finite(_IRREGULAR["do"], agreement).as_("aux")
        auxiliary.upos = "AUX"
        return verb.before(auxiliary, subject.node.as_("nsubj"))

    def _subject(self, depth: int) -> NounPhrase:
        human = self.dice.draw() < 0.7
        phrase = self.phrases.any(depth=depth, human=human, subject=True)
        simple = phrase.node.upos == "NOUN" and not any(n.deprel == "conj" for n in phrase.node.right)
        if simple and depth < _MAX_DEPTH and self.dice.draw() < 0.18:
            phrase.node.after(self._relative(phrase, depth=depth + 1))
        return phrase

    def _relative(self, of: NounPhrase, *, depth: int) -> Node:
        """A relative clause whose gap is its subject, or its object (with or without a relative pronoun)."""
        dice = self.dice
        pronoun = "that" if dice.draw() < 0.4 else ("who" if of.human else "which")
        relative = Node(pronoun, pronoun, "PRON", "WP" if pronoun == "who" else "WDT", {"PronType": "Rel"})
        if dice.draw() < 0.6:
            gap = NounPhrase(relative, of.number, "3", of.human)
            return self._predicate(gap, depth=depth, frame=dice.one(("intransitive", "transitive", "copula"))).as_(
                "acl:relcl"
            )
        subject = self.phrases.any(depth=_MAX_DEPTH, human=True, subject=True)
        verb = self._tensed(self._verb_of("transitive"), subject)
        verb.before(subject.node.as_("nsubj"))
        return (verb.before(relative.as_("obj")) if dice.draw() < 0.6 else verb).as_("acl:relcl")

    def _predicate(self, subject: NounPhrase, *, depth: int, frame: str | None = None) -> Node:
        frame = frame or self.dice.one(_FRAMES)
        if frame in ("clausal", "control") and depth >= _MAX_DEPTH:
            frame = "transitive"
        relation = "nsubj"
        if frame == "copula":
            node = self._copula(subject, depth=depth)
        elif frame == "passive":
            relation = "nsubj:pass"
            node = self._passive(subject, depth=depth)
        else:
            node = self._tensed(self._verb_of(frame), subject)
            if not node.left and self.dice.draw() < 0.12:
                node.before(self._adverb())
            self._complements(node, frame, depth=depth)
        return node.before(subject.node.as_(relation))

    def _complements(self, verb: Node, frame: str, *, depth: int) -> None:
        dice, phrases = self.dice, self.phrases
        if frame in ("transitive", "ditransitive"):
            if frame == "ditransitive":
                receiver = phrases.any(depth=_MAX_DEPTH, human=True)
                verb.after(receiver.node.as_("iobj"))
            pronouns = frame == "transitive"
            verb.after(phrases.any(depth=depth, pronouns=pronouns).node.as_("obj"))
        elif frame == "clausal":
            inner = self.finite(depth=depth + 1).as_("ccomp")
            verb.after(inner.before(word("that", "SCONJ", "IN", "mark")) if dice.draw() < 0.6 else inner)
            return
        elif frame == "control":
            inner_frame = dice.one(("intransitive", "transitive"))
            inner = self._bare(self._verb_of(inner_frame))
            self._complements(inner, inner_frame, depth=depth + 1)
            verb.after(inner.before(word("to", "PART", "TO", "mark")).as_("xcomp"))
            return
        if dice.draw() < (0.35 if frame == "intransitive" else 0.18):
            verb.after(phrases.prepositional(depth=depth))
        if dice.draw() < 0.15:
            verb.after(self._adverb())

    def _copula(self, subject: NounPhrase, *, depth: int) -> Node:
        dice = self.dice
        agreement = self._agreement(subject)
        be = Node(
            _BE[agreement.tense, agreement.number, agreement.person],
            "be",
            "AUX",
            _finite_tag(agreement),
            agreement.feats,
            "cop",
        )
        if dice.draw() < 0.6:
            adjective = dice.word(self.lexicon.adjectives)
            node = Node(adjective, adjective, "ADJ", "JJ", {"Degree": "Pos"})
            if dice.draw() < 0.3:
                node.before(word(dice.one(("very", "too", "quite")), "ADV", "RB", "advmod"))
        elif dice.draw() < 0.5 and subject.number == SINGULAR:
            node = self.phrases.common(human=subject.human, depth=max(depth, 1)).node
        else:
            node = self.phrases.prepositional(depth=max(depth, 1))
        if dice.draw() < 0.1:
            node.before(word("not", "PART", "RB", "advmod", Polarity="Neg"))
        return node.before(be)

    def _passive(self, subject: NounPhrase, *, depth: int) -> Node:
        agreement = self._agreement(subject)
        verb = self._verb_of("transitive")
        node = Node(verb.participle, verb.base, "VERB", "VBN", {"Tense": "Past", "VerbForm": "Part", "Voice": "Pass"})
        be = Node(
            _BE[agreement.tense, agreement.number, agreement.person],
            "be",
            "AUX",
            _finite_tag(agreement),
            agreement.feats,
            "aux:pass",
        )
        if self.dice.draw() < 0.4:
            agent = self.phrases.any(depth=max(depth, 1), human=True)
            node.after(agent.node.before(word("by", "ADP", "IN", "case")).as_("obl:agent"))
        return node.before(be)

    def _tensed(self, verb: Verb, subject: NounPhrase) -> Node:
        """A verb with its auxiliaries, agreeing with the subject."""
        dice = self.dice
        agreement = self._agreement(subject)
        if dice.draw() < 0.55:
            return _finite(verb, agreement)
        if dice.draw() < 0.3:
            modal = dice.one(_MODALS)
            return self._bare(verb).before(word(modal, "AUX", "MD", "aux", VerbForm="Fin"))
        if dice.draw() < 0.35:
            be = Node(
                _BE[agreement.tense, agreement.number, agreement.person],
                "be",
                "AUX",
                _finite_tag(agreement),
                agreement.feats,
                "aux",
            )
            progressive = {"Tense": "Pres", "VerbForm": "Part"}
            return Node(verb.gerund, verb.base, "VERB", "VBG", progressive).before(be)
        if dice.draw() < 0.55:
            have = _finite(_IRREGULAR["have"], agreement).as_("aux")
            have.upos = "AUX"
            perfect = {"Tense": "Past", "VerbForm": "Part"}
            return Node(verb.participle, verb.base, "VERB", "VBN", perfect).before(have)
        do = _finite(_IRREGULAR["do"], agreement).as_("aux")
        do.upos = "AUX"
        return self._bare(verb).before(do, word("not", "PART", "RB", "advmod", Polarity="Neg"))

    def _subordinate(self, root: Node) -> None:
        clause = self.finite(depth=1).as_("advcl")
        clause.before(word(self.dice.one(_SUBORDINATORS), "SCONJ", "IN", "mark"))
        if self.dice.draw() < 0.5:
            root.after(clause)
        else:
            root.before(clause, word(",", "PUNCT", ",", "punct"))

    def _agreement(self, subject: NounPhrase) -> _Agreement:
        return _Agreement(_PAST if self.dice.draw() < 0.5 else _PRESENT, subject.number, subject.person)

    def _adverb(self) -> Node:
        return word(self.dice.word(self.lexicon.adverbs), "ADV", "RB", "advmod")

    def _verb_of(self, frame: str) -> Verb:
        verbs: tuple[Verb, ...] = getattr(self.lexicon, frame)
        return self.dice.word(verbs)

    @staticmethod
    def _bare(verb: Verb) -> Node:
        return Node(verb.base, verb.base, "VERB", "VB", {"VerbForm": "Inf"})


def _finite(verb: Verb, agreement: _Agreement) -> Node:
    if agreement.tense == _PAST:
        form = verb.past
    else:
        form = verb.third if (agreement.number, agreement.person) == (SINGULAR, "3") else verb.base
    return Node(form, verb.base, "VERB", _finite_tag(agreement), agreement.feats)


def _finite_tag(agreement: _Agreement) -> str:
    if agreement.tense == _PAST:
        return "VBD"
    return "VBZ" if (agreement.number, agreement.person) == (SINGULAR, "3") else "VBP"
