"""Sense-annotated text: columns for a word, its sense and perhaps its lemma, or the XML of Raganato et al. (2017)."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from embedbench.data.bio import read_tagged
from embedbench.data.text import empty, malformed, numbered_lines, open_binary
from embedbench.errors import DataError

_BLOCK = 1 << 16
XML = ".data.xml"
"""In the name of a file: that it is XML, with the senses in a file beside it."""


@dataclass(frozen=True, slots=True)
class SenseSpan:
    """A word or an expression with a sense.

    Attributes:
        first: its first word in the sentence.
        end: the word behind its last one.
        sense: as written.
        lemma: the lemma whose senses there are to choose from.
    """

    first: int
    end: int
    sense: str
    lemma: str


@dataclass(frozen=True, slots=True)
class SenseSentence:
    """Words, and the senses of those that have one, in order."""

    words: tuple[str, ...]
    senses: tuple[SenseSpan, ...]


def read_senses(
    path: str | Path, *, word_column: int = 0, sense_column: int = -1, lemma_column: int | None = None, none: str = "_"
) -> list[SenseSentence]:
    """The sentences of a file with one word per line and a blank line after each sentence.

    Args:
        path: the file, plain or compressed.
        word_column: the index of the column of words; negative: from the end.
        sense_column: the index of the column of senses.
        lemma_column: the index of the column of lemmas; None: a word's lemma is the word without case.
        none: what stands in the column of senses for a word that has none.

    Raises:
        DataError: the file is empty, rows differ in their number of columns, a column does not exist or is empty.
    """
    tagged = read_tagged(path, word_column=word_column, tag_column=sense_column, bio=False)
    lemmatised = tagged
    if lemma_column is not None:
        lemmatised = read_tagged(path, word_column=word_column, tag_column=lemma_column, bio=False)
    sentences = []
    for sentence, with_lemmas in zip(tagged, lemmatised, strict=True):
        lemmas = map(str.lower, sentence.words) if lemma_column is None else with_lemmas.tags
        spans = []
        for place, (sense, lemma) in enumerate(zip(sentence.tags, lemmas, strict=True)):
            if sense == none:
                continue
            if lemma == none:
                raise malformed(
                    path,
                    sentence.line + place,
                    f"the word {sentence.words[place]!r} has the sense {sense!r} but no lemma; expected both",
                )
            spans.append(SenseSpan(place, place + 1, sense, lemma))
        sentences.append(SenseSentence(sentence.words, tuple(spans)))
    return sentences


def read_sense_xml(path: str | Path) -> list[SenseSentence]:
    """The sentences of an XML file of the evaluation framework of Raganato et al. (2017), such as SemCor.

    `X.data.xml` holds `sentence`s of `wf` and `instance` elements, and `X.gold.key.txt` beside it the senses of each
    instance by its id, of which the first is taken. The lemma is told with its part of speech (`bank/NOUN`), which the
    framework gives. An element of several words is several words, and one span.

    Raises:
        DataError: the file is no such XML, has no sentence, or an instance has no sense in the file beside it.
    """
    keys = _keys(senses_beside(Path(path)))
    sentences = [_sentence(path, element, keys) for element in _elements(path)]
    if not sentences:
        raise empty(path, "element `sentence`")
    return sentences


class _Sentences(ElementTree.TreeBuilder):
    """Gives every `sentence` when it ends. A document type is refused: its entities can make gigabytes of a line."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[ElementTree.Element] = []

    def end(self, tag: str, /) -> ElementTree.Element:
        element = super().end(tag)
        if tag == "sentence":
            self.ended.append(element)
        return element

    def doctype(self, name: str, *_: str | None) -> None:
        raise ValueError(f"it declares the document type {name!r}, which is not read")


def _elements(path: str | Path) -> Iterator[ElementTree.Element]:
    builder = _Sentences()
    parser = ElementTree.XMLParser(target=builder)
    try:
        with open_binary(path) as stream:
            while block := stream.read(_BLOCK):
                parser.feed(block)
                for element in builder.ended:
                    yield element
                    element.clear()
                builder.ended.clear()
            parser.close()
    except ElementTree.ParseError as error:
        raise malformed(path, error.position[0], f"this is not XML: {error}") from error
    except (LookupError, ValueError) as error:  # an encoding that Python does not know, or not one of characters
        raise DataError(
            f"{path} cannot be read as XML: {error}; expected the XML of Raganato et al. in UTF-8"
        ) from error
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise DataError(f"{path} is damaged ({error}); get it again") from error


def _sentence(path: str | Path, sentence: ElementTree.Element, keys: Mapping[str, str]) -> SenseSentence:
    words: list[str] = []
    spans = []
    for element in sentence:
        own = (element.text or "").split()
        if element.tag == "instance" and own:
            known = [element.get(name, "") for name in ("id", "lemma", "pos")]
            if not all(known) or known[0] not in keys:
                raise DataError(
                    f"{path}: the instance {known[0]!r} ({' '.join(own)}) lacks its lemma, its pos or its sense in "
                    f"{senses_beside(Path(path)).name}; expected all three"
                )
            spans.append(SenseSpan(len(words), len(words) + len(own), keys[known[0]], f"{known[1]}/{known[2]}"))
        words += own
    return SenseSentence(tuple(words), tuple(spans))


def senses_beside(path: Path) -> Path:
    """The file of senses that belongs to an XML file."""
    return path.with_name(path.name.replace(XML, ".gold.key.txt"))


def _keys(path: Path) -> dict[str, str]:
    keys = {}
    for number, line in numbered_lines(path):
        cells = line.split()
        if len(cells) == 1:
            raise malformed(path, number, f"the instance {cells[0]!r} has no sense; expected its id and a sense")
        if cells:
            keys[cells[0]] = cells[1]
    return keys
