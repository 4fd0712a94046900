"""The same text and the same report, for any number of threads."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import inputs
from xlogdecode import Options, decode_bytes


@pytest.mark.parametrize("kind", list(inputs.KINDS_OF_INPUT))
def test_threads_change_nothing_in_the_text_or_the_report(kind: str) -> None:
    data = b"".join(inputs.stream(kind, 12_000_000, inputs.cycle_of(kind, lines=20_000)))
    text, report = decode_bytes(data, Options(keys=(inputs.KEY,), threads=1))
    assert len(text) > 9_000_000
    assert report.is_whole == (kind != "damaged")
    for threads in (2, 5):
        again, same = decode_bytes(data, Options(keys=(inputs.KEY,), threads=threads))
        assert again == text
        assert same == report


def test_where_no_thread_can_be_started_that_is_said(tmp_path: Path) -> None:
    log = tmp_path / "long.xlog"
    log.write_bytes(b"".join(inputs.stream("zlib", 12_000_000)))
    refuse = (
        "import threading, sys; from xlogdecode.cli import main\n"
        'def start(self): raise RuntimeError("can\'t start new thread")\n'
        f"threading.Thread.start = start; sys.argv[1:] = ['-T', '2', '-c', {str(log)!r}]; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", refuse], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    said = b"xlogdecode: the system has no thread to spare: -T 1 needs none"
    assert (done.returncode, done.stderr.splitlines()) == (1, [said])
