"""What the fuzzer found that readers once repaired, crashed on or waited for: one test per finding."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma

import pytest

from embedbench.data.analogies import read_bats
from embedbench.data.bio import read_tagged
from embedbench.data.conllu import read_conllu
from embedbench.data.conllulex import read_conllulex
from embedbench.data.edge_probing import read_edge_probing
from embedbench.data.gap import read_gap
from embedbench.data.raw_text import read_sentences
from embedbench.data.senses import read_sense_xml
from embedbench.data.squad import read_squad
from embedbench.data.text import numbered_lines
from embedbench.data.wic import read_wic
from embedbench.data.word_groups import read_categories, read_outlier_sets
from embedbench.data.word_pairs import read_word_pairs
from embedbench.errors import DataError
from embedbench.files import bounds


def refused(tmp_path, name, content, read, told):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=told) as caught:
        read(path)
    assert name in str(caught.value)
    assert str(caught.value).isprintable()


def lex_row(id_, form="word", smwe="_"):
    return "\t".join(
        [id_, form, "w", "X", "_", "_", "0", "root", "_", "_", smwe, "N", "w", "n.X", "_", "_", "_", "_", "O"]
    )


@pytest.mark.parametrize("id_", ["1x", "0", "2", "", "#1"])
def test_a_supersense_row_with_a_malformed_id_was_dropped(tmp_path, id_):
    rows = f"{lex_row(id_)}\n{lex_row('2')}\n\n".replace("#1", "x#1")
    refused(tmp_path, "a.conllulex", rows, read_conllulex, "expected the word id 1, found")


def test_a_supersense_word_without_a_form_was_read(tmp_path):
    refused(tmp_path, "a.conllulex", f"{lex_row('1', form='')}\n\n", read_conllulex, "word 1 has an empty FORM")


def test_a_place_of_five_thousand_digits_in_an_expression(tmp_path):
    refused(tmp_path, "a.conllulex", f"{lex_row('1', smwe='1:' + '9' * 5000)}\n\n", read_conllulex, "GROUP:POSITION")


@pytest.mark.parametrize("head", ["00", "+0", "٠"])
def test_a_head_is_written_in_one_way(tmp_path, head):
    row = f"1\tword\tw\tX\t_\t_\t{head}\troot\t_\t_\n\n"
    refused(tmp_path, "a.conllu", row, read_conllu, "expected a number from 0")


def test_zero_bytes_were_words(tmp_path):
    """A file system leaves zeros where a file was not yet on the disk."""
    refused(tmp_path, "a.bio", b"the O\ncat\0\0 O\n", read_tagged, r"line 2: character 4 is a zero byte")
    refused(tmp_path, "a.txt", b"the cat\n\0\0\0\0", lambda path: list(read_sentences(path)), "line 2: character 1")
    targets = {"text": "a \0", "targets": []}
    refused(tmp_path, "a.jsonl", json.dumps(targets), read_edge_probing, "line 1: .* zero byte or half a character")


@pytest.mark.parametrize("word", ["\ud800", "a\udfff"])
def test_half_a_character_was_a_word(tmp_path, word):
    content = json.dumps({"text": word, "targets": []})
    refused(tmp_path, "a.jsonl", content, read_edge_probing, "zero byte or half a character; expected text")


def test_a_key_that_stands_twice_was_read_once(tmp_path):
    refused(tmp_path, "a.jsonl", '{"text": "a", "text": "b", "targets": []}', read_edge_probing, "'text' stands twice")


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000])
def test_json_deeper_than_the_stack(tmp_path, deep):
    refused(tmp_path, "a.json", deep, read_squad, "nested too deeply")


def test_a_number_of_five_thousand_digits_in_json(tmp_path):
    content = '{"data": ' + "9" * 5000 + "}"
    refused(tmp_path, "a.json", content, read_squad, "a number has thousands of digits")


@pytest.mark.parametrize("score", ["1_0", " 1", "٣", "１", "nan", "1e400", "9" * 5000, "0x10", ""])
def test_what_python_takes_for_a_number_and_people_do_not(tmp_path, score):
    told = "expected a finite number as the score" if score.strip() else "is empty"
    refused(tmp_path, "a.tsv", f"cat\tdog\t{score}\n", read_word_pairs, told)


def test_positions_of_other_scripts_and_of_thousands_of_digits(tmp_path):
    (tmp_path / "gold.txt").write_text("T\n")
    for pair in ("٠-٠", "9" * 5000 + "-0", "00-0"):
        row = f"cat\tN\t{pair}\tcat\tcat\n"
        refused(
            tmp_path, "a.data.txt", row, lambda path: read_wic(path, tmp_path / "gold.txt"), "expected two word indi"
        )


def test_a_row_of_wic_has_five_columns_even_if_all_have_more(tmp_path):
    (tmp_path / "gold.txt").write_text("T\n", encoding="utf-8")
    row = "cat\tN\t0-0\tcat\tcat\tmore\n"
    refused(tmp_path, "a.data.txt", row, lambda path: read_wic(path, tmp_path / "gold.txt"), "expected 5 columns")


def test_an_offset_of_thousands_of_digits(tmp_path):
    header = "ID\tText\tPronoun\tPronoun-offset\tA\tA-offset\tA-coref\tB\tB-offset\tB-coref\n"
    row = f"1\tAda met Eve when she left\tshe\t{'9' * 5000}\tAda\t0\tTRUE\tEve\t8\tFALSE\n"
    refused(tmp_path, "a.tsv", header + row, read_gap, "expected 'she' at character 9999")


@pytest.mark.parametrize("start", [22.0, "22", True, None, 1e999])
def test_a_place_that_is_no_whole_number_was_rounded(tmp_path, start):
    answers = [{"text": "1843", "answer_start": start}]
    asked = {"context": "Ada wrote the note in 1843.", "qas": [{"id": "q", "question": "When?", "answers": answers}]}
    content = json.dumps({"data": [{"title": "T", "paragraphs": [asked]}]})
    refused(tmp_path, "a.json", content, read_squad, "under 'answer_start' there is")


def test_a_number_was_a_title(tmp_path):
    refused(tmp_path, "a.json", '{"data": [{"title": 7, "paragraphs": []}]}', read_squad, "under 'title' there is 7")


def test_an_analogy_without_an_answer(tmp_path):
    refused(
        tmp_path, "a.tsv", "relation\tword\ttargets\nI01\tcat\t/\n", read_bats, "line 2: expected answers parted by /"
    )


def test_a_cell_over_two_lines_lost_its_line_end(tmp_path):
    refused(tmp_path, "a.csv", 'category,word\nfruit,"green\napple"\n', read_categories, "goes on over a line end")


@pytest.mark.parametrize("content", ['category,word\nfruit,"apple', "category,word\rfruit,apple", 'category,"word'])
def test_csv_that_is_none(tmp_path, content):
    refused(tmp_path, "a.csv", content, read_categories, r"a\.csv, line \d: ")


def test_a_list_deeper_than_the_parser_goes(tmp_path):
    cell = "[" * 5_000
    refused(tmp_path, "a.csv", f"category,outliers,words\nfruit,{cell},{cell}\n", read_outlier_sets, "expected a list")


LETTERS = "abcdefgh"
BOMB = "".join('<!ENTITY {} "{}">'.format(LETTERS[k + 1], f"&{LETTERS[k]};" * 10) for k in range(7))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{BOMB}]><c><sentence><wf>&h;</wf></sentence></c>', "document type 'x'"),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><c><sentence><wf>&a;</wf></sentence></c>', "'x'"),
        ('<?xml version="1.0" encoding="UTF-99"?><c/>', "cannot be read as XML: unknown encoding"),
        ("<c><sentence>", "this is not XML"),
    ],
)
def test_xml_that_would_unfold_or_read_other_files(tmp_path, content, told):
    (tmp_path / "a.gold.key.txt").write_text("x y\n")
    refused(tmp_path, "a.data.xml", content, read_sense_xml, told)


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress)])
def test_a_packed_file_that_unpacks_to_what_it_cannot_honestly_hold(tmp_path, monkeypatch, suffix, pack):
    packed = pack(b"0" * 20_000_000)
    assert bounds.MAX_RATIO * len(packed) * 1.5 < 20_000_000
    monkeypatch.setattr(bounds, "FREE_BYTES", 1 << 20)
    refused(tmp_path, f"a.txt{suffix}", packed, lambda path: list(numbered_lines(path)), "more than 200 times its size")
