"""The page in a real browser, from disk and offline: it is read, clicked, sorted, filtered, and nothing escapes."""

from __future__ import annotations

import pytest
from browser import chromium, console, ready, requests, wait_for
from test_serving import serving
from written_records import told, write_cell, write_comparison

from embedbench.report.html import render_page

pytestmark = pytest.mark.slow

BAD = "<script>alert(1)</script>"
WORSE = "</script><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    labels = (BAD, WORSE, "VERB")
    found = told(write_comparison(folder / "results", first=BAD, second=WORSE, labels=labels), title=f"{BAD} & {WORSE}")
    path = folder / "report.html"
    path.write_text(render_page(found), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def driver(page):
    with chromium() as opened:
        opened.get(page.as_uri())
        ready(opened)
        yield opened


def texts(driver, selector):
    return driver.execute_script(
        f"return [...document.querySelectorAll({selector!r})].map((e) => e.textContent.trim())"
    )


def press(driver, selector):
    driver.execute_script(f"document.querySelector({selector!r}).click()")


def test_names_stay_text(driver):
    assert texts(driver, "h1") == [f"{BAD} & {WORSE}"]
    assert driver.title == f"{BAD} & {WORSE}"
    assert {BAD, WORSE} <= set(texts(driver, "#table tbody th"))
    assert not driver.execute_script("return document.querySelectorAll('img, iframe, object').length")
    assert driver.execute_script("return document.scripts.length") == 4, "two of data, Vega and the page's own"
    driver.execute_script("document.getElementById('labels').scrollIntoView()")
    wait_for(driver, "document.querySelectorAll('#labels svg text').length > 3")
    assert any(BAD in text for text in texts(driver, "#labels svg text"))
    assert not driver.execute_script("return document.querySelectorAll('svg script, svg foreignObject').length")


def test_the_policy_would_stop_what_slipped_through(driver):
    driver.execute_script(
        "window.ran = false; const s = document.createElement('script'); s.textContent = 'window.ran = true';"
        "document.body.append(s); s.remove();"
    )
    assert driver.execute_script("return window.ran") is False
    assert any("Content Security Policy" in line for line in console(driver))


def test_a_heading_sorts_both_ways_and_says_so(driver):
    heading = "#table thead th:nth-child(3) button"  # chunking, ner, upos: the second task is ner
    press(driver, "#table thead th:nth-child(4) button")
    assert texts(driver, "#table tbody:first-of-type tr th") == [BAD, WORSE]
    assert (
        driver.execute_script("return document.querySelectorAll('#table th')[3].getAttribute('aria-sort')")
        == "descending"
    )
    press(driver, "#table thead th:nth-child(4) button")
    assert texts(driver, "#table tbody:first-of-type tr th") == [WORSE, BAD]
    # A failed and a missing cell have no value; they keep their order and are not lost.
    press(driver, heading)
    assert sorted(texts(driver, "#table tbody:first-of-type tr th")) == sorted([BAD, WORSE])


def test_the_keyboard_is_enough(driver):
    from selenium.webdriver.common.keys import Keys

    button = driver.find_element("css selector", "#table thead th:first-child button")
    button.send_keys(Keys.ENTER)
    assert driver.execute_script("return document.querySelector('#table th').getAttribute('aria-sort')") == "ascending"
    value = driver.find_element("css selector", "#table tbody td button.cell")
    value.send_keys(Keys.ENTER)
    assert driver.execute_script("return document.getElementById('cell').open")
    assert "identity" in driver.execute_script("return document.getElementById('cell').textContent")
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not driver.execute_script("return document.getElementById('cell').open")


def test_filters_keep_what_matches(driver):
    box = driver.find_element("id", "filter-tasks")
    box.send_keys("upo")
    assert texts(driver, "#table thead button") == ["extractor", "upos"]
    box.clear()
    box.send_keys(" ")
    assert len(texts(driver, "#table thead button")) == 4
    cells = driver.find_element("id", "filter-cells")
    cells.send_keys("chunking")
    assert "2 of 2 cells" in texts(driver, "#cells-count")[0]
    cells.clear()
    cells.send_keys(" ")
    assert "5 of 5 cells" in texts(driver, "#cells-count")[0]


def test_another_view_shows_other_figures(driver):
    driver.execute_script(
        "const s = document.querySelector('#table select'); s.value = 'control'; s.dispatchEvent(new Event('change'));"
    )
    assert "47.5" in " ".join(texts(driver, "#table tbody td"))
    driver.execute_script(
        "const s = document.querySelector('#table select'); s.value = 'value'; s.dispatchEvent(new Event('change'));"
    )
    assert "95.0 ±1.0" in " ".join(texts(driver, "#table tbody td"))


def test_the_theme_changes_colours_of_page_and_charts(driver):
    colour = "getComputedStyle(document.querySelector('#scores svg text')).fill"
    wait_for(driver, "document.querySelector('#scores svg text')")
    seen = {}
    for _ in range(3):
        press(driver, "#theme")
        name = texts(driver, "#theme")[0]
        seen[name] = (
            driver.execute_script("return getComputedStyle(document.body).backgroundColor"),
            driver.execute_script(f"return {colour}"),
        )
    assert set(seen) == {"Theme: auto", "Theme: light", "Theme: dark"}
    assert seen["Theme: light"][0] != seen["Theme: dark"][0]
    assert seen["Theme: light"][1] != seen["Theme: dark"][1]


def test_a_chosen_task_is_chosen_everywhere(driver):
    driver.execute_script(
        "const s = document.querySelector('#scores select.task'); s.value = '2'; s.dispatchEvent(new Event('change'));"
    )
    assert driver.execute_script("return document.querySelector('#labels select.task').value") == "2"
    assert driver.execute_script("return document.querySelector('#disagreements select.task').value") == "2"
    wait_for(driver, "document.querySelector('#scores .chart svg')?.getAttribute('aria-label')?.includes('upos')")


def test_examples_show_both_answers(driver):
    rows = texts(driver, "#disagreements tbody tr")
    assert len(rows) == 40
    assert all("✓" in row and "✗" in row for row in rows)


def test_paper_gets_every_chart_and_no_buttons(driver):
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert driver.execute_script("return getComputedStyle(document.querySelector('.controls')).display") == "none"
    assert driver.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    driver.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    wait_for(driver, "[...document.querySelectorAll('.chart')].every((c) => c.querySelector('svg, .note'))")


def test_nothing_was_asked_of_any_host_and_the_console_is_silent(driver, page):
    asked = [address for address in requests(driver) if not address.startswith(("data:", "blob:"))]
    assert set(asked) == {page.as_uri()}
    lines = [line for line in console(driver) if "Content Security Policy" not in line]
    assert lines == []


def test_a_served_page_grows_by_itself_and_asks_only_its_server(tmp_path):
    with serving(tmp_path) as server, chromium() as opened:
        opened.get(server.url)
        ready(opened)
        assert texts(opened, "main h2") == ["Progress", "Notes"]
        write_cell(tmp_path, "minilm", "upos", range(10))
        write_cell(tmp_path, "word2vec", "upos", range(90))
        # The page may ask between the two cells; what it says then is of the first alone.
        wait_for(opened, "document.querySelector('#progress').textContent.includes('2 finished')")
        assert opened.execute_script("return document.querySelectorAll('#table tbody th').length") >= 2
        assert "2 finished, 0 failed, 0 running." in texts(opened, "#progress")[0]
        asked = {a for a in requests(opened) if not a.startswith(("data:", "blob:"))}
        assert asked == {server.url, f"{server.url}state.json", f"{server.url}data.json"}
        assert console(opened) == []
