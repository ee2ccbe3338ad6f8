"""The file itself: one file, nothing from outside, and no text that a browser would take for markup."""

from __future__ import annotations

import hashlib
import html.parser
import json
import re

import pytest
from written_records import told, write_comparison

from embedbench.report.charts import chart_specs
from embedbench.report.html import embedded_json, render_page
from embedbench.report.vega import bundled, vega_script

BAD = "<script>alert(1)</script> </SCRIPT> <!-- {{data}} \" ' & \u2028"


class Elements(html.parser.HTMLParser):
    """What a browser finds."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.addresses = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "data", "action", "srcset")]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = write_comparison(tmp_path_factory.mktemp("results"), labels=("a", BAD, "c"))
    return render_page(told(folder, title=BAD))


def test_data_cannot_end_their_element(page):
    found = Elements(page)
    assert found.found.count("script") == 4
    data = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1]
    assert "<" not in data
    assert json.loads(data)["labels"]["2"]["labels"][1] == BAD
    assert "&lt;script&gt;alert(1)" in re.search(r"<h1>(.*?)</h1>", page)[1]


def test_nothing_is_loaded_from_elsewhere(page):
    addresses = Elements(page).addresses
    assert addresses == ["data:,", "#summary"]
    own = page.replace(vega_script(), "")
    assert re.findall(r"https?://[^\s\"'<]+", own) == ["http://www.w3.org/2000/svg"] * 2
    assert "default-src &#x27;none&#x27;" in own
    assert "connect-src &#x27;none&#x27;" in own


def test_the_policy_names_the_scripts_that_are_there(page):
    import base64

    scripts = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    assert re.findall(r"sha256-([\w+/=]+)", page.split("</head>")[0]) == hashes


def test_the_same_content_gives_the_same_file(page, tmp_path):
    folder = write_comparison(tmp_path, labels=("a", BAD, "c"))
    assert render_page(told(folder, title=BAD)) == page


@pytest.mark.parametrize("value", ["</script>", "<!--", "]]>", "\u2028", {"<b>": ["&lt;"]}, "\udfff"])
def test_json_survives(value):
    text = embedded_json(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028") & set(text)
    text.encode("utf-8")


def test_charts_have_no_address_and_follow_the_theme():
    text = json.dumps(chart_specs())
    assert "http" not in text
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", text)) == set(), "colours are variables of the page"


@pytest.mark.slow
def test_the_bundle_is_that_of_the_library():
    pytest.importorskip("vl_convert", reason="vl-convert-python is not installed")
    import gzip

    assert gzip.decompress(bundled()).decode() == vega_script()
