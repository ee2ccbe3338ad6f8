"""A sweep keeps the cells of an extractor together, however it was asked for."""

from hypothesis import given
from hypothesis import strategies as st

from embedbench.cli.cell_order import by_extractor


def test_the_extractor_comes_first_and_the_rest_keeps_its_order():
    asked = ["-m", "task=upos,arc", "seeds=[0,1]", "extractor=elmo,minilm", "extractor.layers=[0]", "limit=5"]
    got = by_extractor(asked)
    assert got == ["-m", "extractor=elmo,minilm", "extractor.layers=[0]", "task=upos,arc", "seeds=[0,1]", "limit=5"]


def test_additions_and_packages_of_the_extractor_go_with_it():
    got = by_extractor(["task=upos", "extractor=averaged", "+extractor@extractor.inner=minilm", "extractors=no"])
    assert got == ["extractor=averaged", "+extractor@extractor.inner=minilm", "task=upos", "extractors=no"]


def test_flags_keep_their_values():
    asked = ["--config-dir", "a=b", "task=upos", "-m", "extractor=elmo", "--config-dir=c", "-cd", "extractor=x"]
    got = by_extractor(asked)
    assert got == ["--config-dir", "a=b", "extractor=elmo", "-m", "task=upos", "--config-dir=c", "-cd", "extractor=x"]


@given(st.lists(st.sampled_from(["-m", "--info", "task=a,b", "extractor=x", "extractor.size=3", "limit=1"])))
def test_nothing_is_lost_and_a_second_time_changes_nothing(arguments):
    got = by_extractor(arguments)
    assert sorted(got) == sorted(arguments)
    assert by_extractor(got) == got
