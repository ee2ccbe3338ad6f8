"""The live page: three addresses, only reading, only this machine, and always what the folder holds now."""

from __future__ import annotations

import http.client
import json
import os
import threading
from contextlib import contextmanager

import pytest
from written_records import write_cell, write_comparison

from embedbench.cli.serve_command import execute
from embedbench.errors import ConfigurationError
from embedbench.report.live import LiveResults
from embedbench.report.options import ReportOptions
from embedbench.report.serving import LiveServer
from embedbench.results.running import FOLDER, running_cells, under_way


@contextmanager
def serving(folder):
    with LiveServer(("127.0.0.1", 0), LiveResults([folder], ReportOptions(resamples=99))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def ask(server, path, method="GET", **headers):
    connection = http.client.HTTPConnection(*server.server_address)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())
    finally:
        connection.close()


def data(server):
    return json.loads(ask(server, "/data.json")[1])


def test_the_page_grows_with_the_folder(tmp_path):
    with serving(tmp_path) as server:
        assert data(server)["progress"]["told"] == "0 finished, 0 failed, 0 running."
        before = json.loads(ask(server, "/state.json")[1])
        write_comparison(tmp_path)
        with under_way(tmp_path, "elmo", "upos"):
            found = data(server)
            assert found["progress"]["told"] == "4 finished, 1 failed, 1 running."
            assert found["progress"]["running"][0][0] == "elmo × upos"
            after = json.loads(ask(server, "/state.json")[1])
            assert after["told"] == "5 records, 1 running"
            assert after["state"] == found["state"] != before["state"]
        assert data(server)["progress"]["running"] == []
        status, page, headers = ask(server, "/")
        assert status == 200
        assert "connect-src &#x27;self&#x27;" in page
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_an_unchanged_folder_is_not_read_again(tmp_path):
    write_cell(tmp_path, "a", "upos", range(10))
    live = LiveResults([tmp_path], ReportOptions(resamples=99))
    once = live.content()
    assert live.content() is once
    write_cell(tmp_path, "b", "upos", range(10))
    assert live.content() is not once


@pytest.mark.parametrize(
    "path", ["/../../../etc/passwd", "/..%2f..%2fetc/passwd", "//etc/passwd", "/record.json", "/?x", "/minilm/upos"]
)
def test_no_address_is_a_path(tmp_path, path):
    with serving(tmp_path) as server:
        status, body, _ = ask(server, path)
        assert status == 404
        assert "root:" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_but_reading(tmp_path, method):
    with serving(tmp_path) as server:
        assert ask(server, "/data.json", method)[0] == 501


def test_a_foreign_name_for_this_address_is_refused(tmp_path):
    with serving(tmp_path) as server:
        assert ask(server, "/data.json", Host="evil.example:80")[0] == 403
        assert ask(server, "/data.json", Host=f"localhost:{server.server_address[1]}")[0] == 200


def test_a_taken_port_is_named(tmp_path):
    with (
        serving(tmp_path) as server,
        pytest.raises(ConfigurationError, match=f"at 127.0.0.1, port {server.server_address[1]}"),
    ):
        execute([str(tmp_path), "--port", str(server.server_address[1])])


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"there is no folder of results at .*none"):
        execute([str(tmp_path / "none")])


def test_cells_under_way_leave_nothing_behind(tmp_path):
    with under_way(tmp_path / "new", "elmo", "upos"):
        (cell,) = running_cells(tmp_path / "new")
        assert (cell.extractor, cell.task, cell.process, cell.lost) == ("elmo", "upos", os.getpid(), False)
    assert running_cells(tmp_path / "new") == ()
    assert not (tmp_path / "new" / FOLDER).exists()


def test_a_cell_whose_process_died_is_lost(tmp_path):
    with under_way(tmp_path, "elmo", "upos"):
        path = next((tmp_path / FOLDER).glob("*.json"))
        path.write_text(path.read_text().replace(f'"process": {os.getpid()}', '"process": 4194300'))
        (tmp_path / FOLDER / "half.json").write_text('{"extr')
        found = running_cells(tmp_path)
        lost = [cell.lost for cell in found]
    assert lost == [True]  # no machine has as many processes as that number


def test_a_place_that_cannot_be_written_stops_no_cell(tmp_path):
    (tmp_path / FOLDER).write_text("a file in the way")
    with under_way(tmp_path, "elmo", "upos"):
        assert running_cells(tmp_path) == ()
