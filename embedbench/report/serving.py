"""The live page over HTTP: three addresses that are read, and nothing else."""

from __future__ import annotations

import json
import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

from embedbench.errors import EmbedbenchError
from embedbench.report.html import embedded_json, render_page
from embedbench.report.live import LiveResults


class LiveServer(ThreadingHTTPServer):
    """Serves `/`, `/data.json` and `/state.json`. No address is ever a path of a file."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], live: LiveResults) -> None:
        self.live = live
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        """Where the page is."""
        host, port = str(self.server_address[0]), self.server_address[1]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server at that host.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class _Handler(BaseHTTPRequestHandler):
    server: LiveServer
    server_version = "embedbench"
    sys_version = ""

    def do_GET(self) -> None:
        """One of the three addresses; everything else is not found."""
        if not self._asked_by_name_of_this_host():
            self.send_error(HTTPStatus.FORBIDDEN, "This server answers to its own address only")
            return
        try:
            if self.path == "/":
                self._answer(render_page(self.server.live.content()), "text/html; charset=utf-8")
            elif self.path == "/data.json":
                self._answer(embedded_json(self.server.live.content()), "application/json")
            elif self.path == "/state.json":
                self._answer(json.dumps(self.server.live.state()), "application/json")
            else:
                self.send_error(HTTPStatus.NOT_FOUND)
        except (EmbedbenchError, OSError) as error:
            if not isinstance(error, ConnectionError):
                self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR, "The results cannot be read now", str(error))

    def _asked_by_name_of_this_host(self) -> bool:
        """A page elsewhere may give its own name this address (DNS rebinding); its requests carry that name."""
        bound = str(self.server.server_address[0])
        if not is_loopback(bound):
            return True
        name = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        return is_loopback(name)

    def _answer(self, text: str, kind: str) -> None:
        body = text.encode("utf-8")
        self.send_response(HTTPStatus.OK)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "no-referrer"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: a page asks every few seconds."""
