"""A Hugging Face Hub on this machine: repositories from memory, at commits that branches point to."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FakeHub:
    """What it serves.

    Attributes:
        url: of the server; the value of HF_ENDPOINT.
        files: by (repository, commit), the files; data sets are `datasets/OWNER/NAME`.
        branches: by (repository, branch), the commit.
        asked: the paths that were asked for.
    """

    url: str
    files: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    branches: dict[tuple[str, str], str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def add(self, repository: str, files: dict[str, bytes]) -> str:
        """A new commit, to which `main` points from now on."""
        commit = hashlib.sha1(repr((repository, sorted(files.items()))).encode()).hexdigest()
        self.files[repository, commit] = files
        self.branches[repository, "main"] = commit
        return commit


@contextmanager
def fake_hub() -> Iterator[FakeHub]:
    """A server while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            body = self._answer()
            if body is not None:
                self.wfile.write(body)

        def _answer(self) -> bytes | None:
            hub.asked.append(f"{self.command} {self.path}")
            if self.path.startswith("/api/"):
                # A listing of a folder that no repository here has, such as of further chat templates.
                return self._send(b"[]")
            repository, _, rest = self.path.partition("/resolve/")
            revision, _, name = rest.partition("/")
            repository = repository.strip("/")
            commit = hub.branches.get((repository, revision), revision)
            body = hub.files.get((repository, commit), {}).get(name)
            if body is None:
                known = (repository, commit) in hub.files
                self.send_response(404)
                self.send_header("X-Error-Code", "EntryNotFound" if known else "RepoNotFound")
                if known:
                    self.send_header("X-Repo-Commit", commit)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return None
            return self._send(body, commit)

        def _send(self, body: bytes, commit: str = "") -> bytes:
            self.send_response(200)
            if commit:
                self.send_header("X-Repo-Commit", commit)
                self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            return body

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub = FakeHub(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
