"""Processes that take turns: answers and text come in order, whatever becomes of one of them.

Each case runs in a process of its own: one that has threads, as pytest may, does not fork.
"""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from tests.command import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")

PRELUDE = """
import os, signal, sys, time
from xlogdecode.errors import OutputError
from xlogdecode.jobs.forked_workers import LEFT, Lost, in_turns

class Out:
    def write(self, data):
        os.write(1, data)

def answers(work, number, processes, **more):
    for answer in in_turns(range(number), work, processes, **more):
        print("LEFT" if answer is LEFT else answer, file=sys.stderr, flush=True)
"""


def ring(script: str, **extra: object) -> tuple[int, str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        **extra,  # type: ignore[call-overload]
    )
    return done.returncode, done.stdout, done.stderr.splitlines()


@pytest.mark.parametrize("processes", [1, 2, 3, 7])
@pytest.mark.parametrize("stretch", [1, 4, 50])
def test_answers_come_in_order_from_other_processes(processes: int, stretch: int) -> None:
    script = f"""
    def work(item, sink):
        assert sink is None and os.getpid() != here
        time.sleep(item % 3 / 500)
        return item
    here = os.getpid()
    answers(work, 23, {processes}, stretch={stretch})
    """
    assert ring(script) == (0, "", [str(item) for item in range(23)])


@pytest.mark.parametrize("size", [3, 3_000_000])
@pytest.mark.parametrize("stretch", [1, 3])
def test_text_comes_in_order_however_much_it_is(size: int, stretch: int) -> None:
    script = f"""
    def work(item, sink):
        time.sleep((9 - item) / 500)
        for _ in range(3):
            sink.write(str(item).encode() * ({size} // 3))
        return item
    answers(work, 9, 3, sink=Out(), stretch={stretch})
    """
    status, text, lines = ring(script)
    assert (status, lines) == (0, [str(item) for item in range(9)])
    assert text == "".join(str(item) * (size // 3 * 3) for item in range(9))


KILLED = "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.mark.parametrize(("end", "status"), [(KILLED, -9), ("os._exit(5)", 5)])
def test_the_item_at_which_a_process_ended_is_known(end: str, status: int) -> None:
    script = f"""
    def work(item, sink):
        if item == 5:
            {end}
        return item
    answers(work, 10, 2)
    """
    lines = [str(item) for item in range(5)] + [f"Lost(status={status})"]
    assert ring(script) == (0, "", [*lines, "6", "LEFT", "8", "LEFT"])


@pytest.mark.parametrize("moment", ["before", "after"])
def test_no_text_comes_after_a_gap(moment: str) -> None:
    script = f"""
    def work(item, sink):
        if item == 5 and "{moment}" == "before":
            {KILLED}
        sink.write(b"%d " % item)
        sink.write(b"x" * 3_000_000)
        if item == 5:
            {KILLED}
        sink.write(b" ")
        return item
    answers(work, 12, 3, sink=Out())
    """
    status, text, lines = ring(script)
    begun = [word for word in text.split() if word.isdigit()]
    assert (status, begun) == (0, [str(item) for item in range(5 + (moment == "after"))])
    assert lines == [*map(str, range(5)), "Lost(status=-9)", *["LEFT"] * 6]


def test_what_one_process_leaves_is_left_to_the_end_where_text_has_its_order() -> None:
    script = """
    def work(item, sink):
        if item == 4:
            return LEFT
        if sink:
            sink.write(b"%d" % item)
        return item
    answers(work, 6, 2)
    answers(work, 6, 2, sink=Out(), stretch=3)
    """
    status, text, lines = ring(script)
    assert (status, text) == (0, "0123")
    assert lines == ["0", "1", "2", "3", "LEFT", "5", "0", "1", "2", "3", "LEFT", "LEFT"]


def test_what_ends_all_is_raised_for_the_first_item_of_it() -> None:
    script = """
    def work(item, sink):
        if item > 2:
            raise OutputError(f"full at {item}")
        return item
    try:
        answers(work, 9, 2)
    except OutputError as error:
        print(error)
    """
    assert ring(script) == (0, "full at 3\n", ["0", "1", "2"])


@pytest.mark.parametrize("sink", ["", ", sink=Out()"])
def test_no_process_stays_behind(sink: str) -> None:
    script = f"""
    def work(item, sink):
        time.sleep(60 if item else 0)
        return item
    for answer in in_turns(range(9), work, 3{sink}):
        break
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        print("none")
    """
    assert ring(script) == (0, "none\n", [])


def test_a_process_that_misses_its_end_is_ended_by_the_next_signal() -> None:
    script = """
    from xlogdecode.platform.forks import fork
    def work(results):
        heard = []
        def hear(*_):
            heard.append(1)
            if len(heard) > 1:
                os._exit(0)
        signal.signal(signal.SIGTERM, hear)
        os.write(results, b".")
        while True:
            time.sleep(60)
    begun = []
    fork(work, begun.append)
    os.read(begun[0].results, 1)
    begun[0].end()
    """
    assert ring(script) == (0, "", [])


def test_no_process_waits_for_a_turn_that_its_killed_caller_did_not_give() -> None:
    script = """
    def work(item, sink):
        sink.write(b"text")
        return item
    def write(fd, data, here=os.getpid(), write=os.write):
        if os.getpid() == here:
            os.kill(here, signal.SIGKILL)
        return write(fd, data)
    os.write = write
    answers(work, 5, 3, sink=Out())
    """
    assert ring(script) == (-signal.SIGKILL, "", [])  # once all have closed their output


def test_a_caller_that_ignores_the_end_of_processes_changes_nothing() -> None:
    script = """
    def work(item, sink):
        if item == 3:
            os._exit(9)
        return item
    answers(work, 5, 2)
    """
    ignored = {"preexec_fn": lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)}
    assert ring(script, **ignored) == (0, "", ["0", "1", "2", "Lost(status=None)", "4"])


def test_all_is_left_where_a_process_has_threads() -> None:
    script = """
    import threading
    threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
    answers(lambda item, sink: item, 3, 2, sink=Out())
    """
    assert ring(script) == (0, "", ["LEFT"] * 3)
