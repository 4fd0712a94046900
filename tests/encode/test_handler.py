"""`logging` into an xlog log."""

import io
import logging
import logging.config
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.encode.folders import lines_in, text_in, xlog_files
from xlogdecode.encode import XlogFormatter, XlogHandler

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("shop.cart")
    logger.setLevel(1)
    logger.propagate = False
    yield logger
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True


def record(level: int = logging.INFO, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord(
        "shop.cart", level, "/app/cart.py", 12, "paid %s", ("€5",), None, "pay"
    )
    made.created = datetime(2024, 1, 1, 9, 12, 33, 123_999, tzinfo=timezone.utc).timestamp()  # noqa: UP017
    made.process, made.thread = 2211, threading.main_thread().ident
    vars(made).update(fields)
    return made


@pytest.mark.parametrize(
    ("hours", "shown"),
    [(8, "+8.0 17:12"), (5.5, "+5.5 14:42"), (-3.5, "-3.5 05:42"), (0, "+0.0 09:12")],
)
def test_a_record_becomes_the_line_that_mars_writes(hours: float, shown: str) -> None:
    formatter = XlogFormatter(timezone(timedelta(hours=hours)))
    main = threading.get_native_id()
    assert formatter.format(record()) == (
        f"[I][2024-01-01 {shown}:33.123][2211, {main}*][shop.cart][cart.py:12, pay][paid €5"
    )


@pytest.mark.parametrize(
    ("level", "letter"),
    [
        (1, "V"),
        (5, "V"),
        (10, "D"),
        (20, "I"),
        (25, "I"),
        (30, "W"),
        (40, "E"),
        (50, "F"),
        (99, "F"),
    ],
)
def test_each_level_has_its_letter(level: int, letter: str) -> None:
    assert XlogFormatter().format(record(level))[:3] == f"[{letter}]"


def test_only_the_main_thread_has_a_star() -> None:
    formatter, made = XlogFormatter(), []
    thread = threading.Thread(
        target=lambda: made.extend(
            [
                formatter.format(record(thread=threading.get_ident())),
                f"[2211, {threading.get_native_id()}][",
            ]
        )
    )
    thread.start()
    thread.join()
    line, part = made
    assert part in line
    assert "[2211, 77][" in formatter.format(record(thread=77))
    assert "[0, 0][" in formatter.format(record(thread=None, process=None))


def test_traces_stand_on_lines_after_the_message() -> None:
    try:
        raise ValueError("no money")
    except ValueError:
        made = record(exc_info=sys.exc_info(), stack_info="Stack (most recent call last):\n  pay")
    first, second, *_, last = XlogFormatter().format(made).split("\n")
    assert first.endswith("][paid €5")
    assert second == "Traceback (most recent call last):"
    assert last == "  pay"
    assert "ValueError: no money" in XlogFormatter().format(made)


def test_records_reach_the_file(tmp_path: Path, logger: logging.Logger) -> None:
    handler = XlogHandler(tmp_path, "shop", level="INFO")
    logger.addHandler(handler)
    logger.debug("not this")
    logger.warning("héllo %s", "wörld")
    logger.info("a\0b")
    handler.flush()
    lines = [line.decode() for line in lines_in(tmp_path)]
    pattern = (
        r"\[W\]\[\d{4}-\d\d-\d\d [+-]\d+\.\d \d\d:\d\d:\d\d\.\d{3}\]\[(\d+), (\d+)\*\]"
        r"\[shop\.cart\]\[test_handler\.py:\d+, test_records_reach_the_file\]\[héllo wörld"
    )
    match = re.fullmatch(pattern, lines[0])
    assert match
    assert match.groups() == (str(os.getpid()), str(threading.get_native_id()))
    assert lines[1].endswith("[a\N{SYMBOL FOR NULL}b")
    assert len(lines) == 2


def test_a_dictionary_configures_it(
    tmp_path: Path, logger: logging.Logger, public_hex, private_key
) -> None:
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"short": {"format": "%(levelname)s %(message)s"}},
            "handlers": {
                "xlog": {
                    "class": "xlogdecode.encode.XlogHandler",
                    "directory": str(tmp_path),
                    "prefix": "shop",
                    "codec": "zstd",
                    "public_key": public_hex,
                    "compress_level": 1,
                    "max_file_size": 1_000_000,
                    "formatter": "short",
                }
            },
            "loggers": {"shop.cart": {"handlers": ["xlog"], "level": "INFO", "propagate": False}},
        }
    )
    logger.info("configured")
    logger.handlers[0].close()
    assert lines_in(tmp_path, private_key) == [b"INFO configured"]


def test_threads_may_share_it(tmp_path: Path, logger: logging.Logger) -> None:
    handler = XlogHandler(tmp_path, "shop")
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)

    def work(name: int) -> None:
        for number in range(200):
            logger.info("%d %d", name, number)

    threads = [threading.Thread(target=work, args=[name]) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handler.close()
    lines = [tuple(map(int, line.split())) for line in lines_in(tmp_path)]
    for name in range(8):
        assert [number for who, number in lines if who == name] == list(range(200))


@posix
def test_a_process_that_forks_while_threads_log_goes_on(tmp_path: Path, logger) -> None:
    handler = XlogHandler(tmp_path, "shop")
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    stop, counted = threading.Event(), []

    def work() -> None:
        number = 0
        while not stop.is_set():
            logger.info("thread %d", number)
            number += 1
        counted.append(number)

    thread = threading.Thread(target=work)
    thread.start()
    for turn in range(5):
        child = os.fork()
        if not child:
            logger.info("child %d", turn)
            logging.shutdown()
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    stop.set()
    thread.join()
    handler.close()
    lines = lines_in(tmp_path)
    assert [line for line in lines if line.startswith(b"thread")] == [
        b"thread %d" % number for number in range(counted[0])
    ]
    assert [line for line in lines if line.startswith(b"child")] == [
        b"child %d" % turn for turn in range(5)
    ]


def test_what_goes_wrong_is_reported_as_logging_does(tmp_path, monkeypatch) -> None:
    handler = XlogHandler(tmp_path, "shop")
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    handler.handle(record(msg="%d"))
    assert "--- Logging error ---" in sys.stderr.getvalue()
    handler.close()
    assert lines_in(tmp_path) == []


def test_a_session_is_closed_with_its_line_when_logging_shuts_down(tmp_path) -> None:
    script = (
        "import logging\n"
        "from xlogdecode.encode import XlogHandler\n"
        f"logging.basicConfig(handlers=[XlogHandler({str(tmp_path)!r}, 'shop')], level='INFO')\n"
        "logging.info('hello')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert text_in(tmp_path).split(b"\n")[-2].startswith(b"$$$$")
    assert len(xlog_files(tmp_path)) == 1


def test_other_handlers_are_closed_though_this_one_cannot_be(tmp_path) -> None:
    script = (
        "import logging, logging.handlers, os, sys\n"
        "from xlogdecode.encode import XlogHandler\n"
        "os.chdir(sys.argv[1])\n"
        "kept = logging.handlers.MemoryHandler(9, target=logging.FileHandler('plain.txt'))\n"
        "logging.basicConfig(handlers=[kept, XlogHandler('logs', 'shop')], level='INFO')\n"
        "logging.info('hello')\n"
        "os.rename('logs', 'away')\n"
    )
    command = [sys.executable, "-c", script, tmp_path]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "plain.txt").read_text() == "hello\n"
