"""CoNLL-U and its relatives, plain and packed; each check parses the text anew, in the plainest way."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from random import Random
from typing import Any

from embedbench.data.bio import TaggedSentence, read_tagged
from embedbench.data.conllu import TreebankSentence, read_conllu
from embedbench.data.conllulex import LexicalSentence, read_conllulex
from embedbench.data.senses import SenseSentence, read_sense_xml, read_senses
from fuzzing.mutations import BYTES, TEXT, mutated
from fuzzing.subject import Subject, expect, lines_of, natural, whole_words

CONLLU = """# newdoc id = weblog-1
# sent_id = weblog-1-0001
# text = They don't see שלום.
1\tThey\tthey\tPRON\tPRP\tCase=Nom|Number=Plur\t4\tnsubj\t4:nsubj\t_
2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
2\tdo\tdo\tAUX\tVBP\tMood=Ind|Tense=Pres\t4\taux\t4:aux\t_
3\tn't\tnot\tPART\tRB\tPolarity=Neg\t4\tadvmod\t4:advmod\t_
4\tsee\tsee\tVERB\tVB\tVerbForm=Inf\t0\troot\t0:root\t_
5\tשלום\tשלום\tX\tFW\t_\t4\tobj\t4:obj\tSpaceAfter=No
5.1\tseen\tsee\tVERB\tVBN\t_\t_\t_\t4:conj\t_
6\t.\t.\tPUNCT\t.\t_\t4\tpunct\t4:punct\t_

# sent_id = weblog-1-0002
1\tYes\tyes\tINTJ\tUH\t_\t0\troot\t_\t_

""".encode()

LEX_ROWS = (
    ("1", "We", "we", "PRON", "_", "_", "2", "nsubj", "_", "_", "_", "PRON", "we", "_", "_", "_", "_", "_", "O-PRON"),
    ("2", "took", "take", "VERB", "_", "_", "0", "root", "_", "_", "1:1", "V.LVC.full", "take walk", "v.motion", "_",
     "_", "_", "_", "B-V.LVC.full-v.motion"),
    ("3", "a", "a", "DET", "_", "_", "4", "det", "_", "_", "_", "DET", "a", "_", "_", "_", "_", "_", "o-DET"),
    ("4", "walk", "walk", "NOUN", "_", "_", "2", "obj", "_", "_", "1:2", "_", "_", "_", "_", "_", "_", "_", "I_"),
    ("5", "in", "in", "ADP", "_", "_", "6", "case", "_", "_", "_", "P", "in", "p.Locus", "p.Locus", "_", "_", "_",
     "O-P-p.Locus"),
    ("6", "parks", "park", "NOUN", "_", "_", "2", "obl", "_", "_", "_", "N", "park", "n.LOCATION", "_", "_", "_", "_",
     "O-N-n.LOCATION"),
)  # fmt: skip
CONLLULEX = ("# sent_id = a-1\n" + "\n".join("\t".join(row) for row in LEX_ROWS) + "\n\n").encode()

BIO = "-DOCSTART- O\n\nEU B-ORG\nrejects O\nGerman B-MISC\n\nPeter B-PER\nBlack­burn I-PER\n. O\n".encode()
BIO_TAB = "The\tDT\tB-NP\nZwei-Länder\tJJ\tI-NP\n\nran\tVBD\tB-VP\n".encode()

SENSES = b"The\t_\tthe\nbank\tn.GROUP\tbank\nclosed\tv.change\tclose\n\nA\t_\ta\nfish\tn.ANIMAL\tfish\n"

XML = b"""<?xml version="1.0" encoding="UTF-8" ?>
<corpus lang="en"><text id="d0"><sentence id="d0.s0">
<wf lemma="how" pos="ADV">How</wf>
<instance id="d0.s0.t0" lemma="long" pos="ADJ">long</instance>
<wf lemma="have" pos="VERB">has</wf>
<instance id="d0.s0.t1" lemma="be" pos="VERB">been</instance>
</sentence></text></corpus>
"""
KEYS = b"d0.s0.t0 long%3:00:02::\nd0.s0.t1 be%2:42:03:: be%2:42:06::\n"
BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + k, b"&%c;" % (97 + k) * 10) for k in range(9))
    + b']>\n<corpus><sentence id="s"><wf>&j;</wf></sentence></corpus>'
)
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<corpus><sentence><wf>&a;</wf></sentence></corpus>'


def _blocks(lines: list[str], *, comments: bool) -> list[list[list[str]]]:
    """The rows of each block of lines between empty ones."""
    kept = [line for line in lines if not (comments and line.startswith("#"))]
    return [[line.split("\t") for line in block] for filled, block in groupby(kept, lambda line: bool(line)) if filled]


def check_conllu(sentences: Sequence[TreebankSentence], content: bytes) -> None:
    blocks = _blocks(lines_of(content), comments=True)
    expect(len(sentences), len(blocks), "sentences")
    for sentence, block in zip(sentences, blocks, strict=True):
        rows = [row for row in block if "-" not in row[0] and "." not in row[0]]
        whole_words(token.form for token in sentence.tokens)
        for token, row in zip(sentence.tokens, rows, strict=True):
            columns = [token.form, token.lemma, token.upos, token.xpos, token.deprel]
            expect(columns, [*row[1:5], row[7]], "columns")
            expect(token.head, natural(row[6]), "head")
            expect("|".join(f"{k}={v}" for k, v in token.feats.items()) or "_", row[5], "features")


def check_conllulex(sentences: Sequence[LexicalSentence], content: bytes) -> None:
    blocks = _blocks(lines_of(content), comments=True)
    expect(len(sentences), len(blocks), "sentences")
    for sentence, block in zip(sentences, blocks, strict=True):
        rows = [row for row in block if "-" not in row[0] and "." not in row[0]]
        whole_words(sentence.words)
        expect(list(sentence.words), [row[1] for row in rows], "words")
        places = [place for expression in sentence.expressions for place in expression.words]
        expect(sorted(places), list(range(len(rows))), "words of expressions")
        for expression in sentence.expressions:
            first = rows[expression.words[0]]
            found = [expression.category, expression.lemma, expression.supersense, expression.function]
            expect(found, first[11:15], "columns of an expression")


def _tagged_rows(content: bytes) -> list[list[list[str]]]:
    lines = [line if not line.isspace() else "" for line in lines_of(content)]
    tabs = "\t" in next(line for line in lines if line)
    cut = [line.split("\t") if tabs else line.strip(" ").split() for line in lines]
    cut = [cells for line, cells in zip(lines, cut, strict=True) if not line or cells[0] != "-DOCSTART-"]
    return [list(block) for filled, block in groupby(cut, lambda cells: cells != [""] and cells != []) if filled]


def check_bio(sentences: Sequence[TaggedSentence], content: bytes) -> None:
    rows = _tagged_rows(content)
    expect([list(s.words) for s in sentences], [[cells[0] for cells in block] for block in rows], "words")
    expect([list(s.tags) for s in sentences], [[cells[-1] for cells in block] for block in rows], "tags")
    for sentence in sentences:
        whole_words((*sentence.words, *sentence.tags))


def check_senses(sentences: Sequence[SenseSentence], content: bytes) -> None:
    rows = _tagged_rows(content)
    expect([list(s.words) for s in sentences], [[cells[0] for cells in block] for block in rows], "words")
    found = [[(span.first, span.sense, span.lemma) for span in s.senses] for s in sentences]
    wanted = [[(i, cells[1], cells[2]) for i, cells in enumerate(block) if cells[1] != "_"] for block in rows]
    expect(found, wanted, "senses")


def check_xml(sentences: Sequence[SenseSentence], content: bytes) -> None:
    known = {line.split()[0]: line.split()[1] for line in KEYS.decode().splitlines()}
    for sentence in sentences:
        whole_words(sentence.words)
        for span in sentence.senses:
            expect(0 <= span.first < span.end <= len(sentence.words), True, "a span within the sentence")
            expect(span.sense in known.values(), True, "a known sense")
    expect(sum(len(sentence.words) for sentence in sentences) <= len(content), True, "no more words than bytes")


def _packed(compress: Callable[[bytes], bytes]) -> Callable[[bytes, Random], bytes]:
    """Packs what was mutated; every other time what was packed is mutated too."""

    def finish(content: bytes, rng: Random) -> bytes:
        packed = compress(content)
        return packed if rng.random() < 0.5 else mutated(packed, BYTES, rng)

    return finish


def _of_packed(check: Callable[[Any, bytes], None], unpack: Callable[[bytes], bytes]) -> Callable[[Any, bytes], None]:
    return lambda value, content: check(value, unpack(content))


SUBJECTS = (
    Subject("CoNLL-U", "a.conllu", lambda: (CONLLU,), read_conllu, check_conllu, TEXT),
    Subject("CoNLL-U .gz", "a.conllu.gz", lambda: (CONLLU,), read_conllu, _of_packed(check_conllu, gzip.decompress),
            TEXT, finish=_packed(partial(gzip.compress, compresslevel=1, mtime=0))),
    Subject("CoNLL-U .xz", "a.conllu.xz", lambda: (CONLLU,), read_conllu, _of_packed(check_conllu, lzma.decompress),
            TEXT, finish=_packed(partial(lzma.compress, preset=0)), share=0.3),
    Subject("CoNLL-U-Lex", "a.conllulex", lambda: (CONLLULEX,), read_conllulex, check_conllulex, TEXT),
    Subject("BIO", "a.bio", lambda: (BIO, BIO_TAB), read_tagged, check_bio, TEXT),
    Subject("word senses", "a.tsv", lambda: (SENSES,),
            lambda path: read_senses(path, sense_column=1, lemma_column=2), check_senses, TEXT),
    Subject("word senses XML", "a.data.xml", lambda: (XML, BOMB, OUTSIDE), read_sense_xml, check_xml, TEXT,
            prepare=lambda folder: (folder / "a.gold.key.txt").write_bytes(KEYS) and None),
)  # fmt: skip
