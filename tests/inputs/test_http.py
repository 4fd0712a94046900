"""Logs at web addresses, from a server on this machine."""

import os
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest

from tests.command import run
from tests.samples import LOG, TEXT, ZLIB
from tests.samples import put as copy

pytest.importorskip("aiohttp", reason="the extra http is not installed")

pytestmark = pytest.mark.heavy

LARGE = LOG.read_bytes() * 400


def _zipped() -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("filler.bin", os.urandom(2 << 20))
        archive.write(LOG, "logs/a.xlog")
    return packed.getvalue()


BODIES = {
    "/a.xlog": LOG.read_bytes(),
    "/large.xlog": LARGE,
    "/torn.xlog": LARGE,
    "/case.zip": _zipped(),
}


class Server(BaseHTTPRequestHandler):
    """Gives a log by several ways, of which some go wrong. It knows no ranges."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        status = {"/refused.xlog": 403, "/none.xlog": 404, "/broken.xlog": 500}.get(path, 200)
        if status != 200:
            self.send_error(status)
            return
        data = BODIES[path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Last-Modified", "Mon, 01 Jan 2024 10:00:00 GMT")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data[: len(data) // 2] if path == "/torn.xlog" else data)

    do_HEAD = do_GET  # noqa: N815 - as it is called

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is called
        """Print nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_log_is_read_and_dated(address: str, tmp_path: Path) -> None:
    target = tmp_path / "a.log"
    done = run("-q", f"http://{address}/a.xlog?signature=abc", "-o", target)
    assert (done.status, target.read_bytes()) == (0, TEXT[LOG])
    assert target.stat().st_mtime == 1_704_103_200
    again = run("-v", "-u", f"http://{address}/a.xlog", "-o", target)
    assert "is up to date" in again.err


def test_a_large_log_comes_from_a_server_without_ranges(address: str) -> None:
    assert run("-c", f"http://{address}/large.xlog").out == TEXT[LOG] * 400


def test_a_zip_comes_from_a_server_without_ranges(address: str) -> None:
    assert run("-c", f"http://{address}/case.zip:logs/a.xlog").out == TEXT[LOG]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("none.xlog", "does not exist"),
        ("refused.xlog", "permission denied"),
        ("torn.xlog", "the connection broke off; try again"),
        ("broken.xlog", "cannot be read: the store is in trouble"),
    ],
)
def test_a_fault_is_one_line_without_secrets(
    address: str, name: str, why: str, tmp_path: Path
) -> None:
    url = f"http://user:secret@{address}/{name}?signature=secret"
    other = copy(ZLIB, tmp_path / "b.xlog")
    done = run("-q", url, other, "-o", tmp_path / "out")
    assert (done.status, len(done.lines)) == (1, 1)
    assert done.err.startswith(f"xlogdecode: http://{address}/{name}: ")
    assert why in done.err
    assert "secret" not in done.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.xlog.log"]
