"""The walk: several steps in one call find and refuse what single steps do."""

import errno
import os
import random
import tempfile
from pathlib import Path

import pytest

from tests.retention.trees import IMSDK, aged
from xlogdecode.retention import open_below, scan
from xlogdecode.retention.roots import resolve
from xlogdecode.retention.scan import Scanner
from xlogdecode.retention.walk import WalkOptions

STEPS = IMSDK.split("/")
pytestmark = pytest.mark.skipif(open_below._find() is None, reason="no openat2 here")


def seen(root, monkeypatch, *, worth_it: int):
    """Return what a scan finds, with leaps from the question of this number on."""
    monkeypatch.setattr(open_below, "_WORTH_IT", worth_it)
    return [
        (c.shown, c.kind, c.directory, c.error and c.error.errno) for c in scan(root, liteav=True)
    ]


def grow(root, choice: random.Random) -> None:
    """Make packages, in some of which a step to the logs is a link, a file, or missing."""
    elsewhere = root.parent / "elsewhere"
    aged(elsewhere, 9)
    for number in range(30):
        steps = [step.replace("chat", f"chat{number}") for step in STEPS]
        folder = root.joinpath(*steps)
        aged(folder, choice.randrange(20))
        at = choice.randrange(2, len(steps) + 3)
        here = root.joinpath(*steps[:at])
        if at > len(steps) or at == 2:
            continue
        what = choice.choice(("link", "file", "loop", "missing", "nowhere"))
        here.rename(root.parent / f"away{number}-{at}")
        if what == "link":
            here.symlink_to(root.parent / f"away{number}-{at}")
        elif what == "loop":
            here.symlink_to(here)
        elif what == "nowhere":
            here.symlink_to("nowhere")
        elif what == "file":
            here.touch()


@pytest.mark.parametrize("seed", range(10))
def test_leaps_find_what_steps_find(tmp_path, monkeypatch, seed):
    root = tmp_path / "sd"
    grow(root, random.Random(seed))
    steps = seen(root, monkeypatch, worth_it=-1)
    assert len(steps) > 10
    assert seen(root, monkeypatch, worth_it=1) == steps


def test_a_link_on_the_way_is_not_followed_by_a_leap(tmp_path, monkeypatch):
    aged(tmp_path / "elsewhere/tencent/imsdk", 9)
    log = tmp_path / "sd/Android/data/com.example.chat/files/log"
    log.parent.mkdir(parents=True)
    log.symlink_to(tmp_path / "elsewhere")
    [(shown, kind, _, _)] = seen(tmp_path / "sd", monkeypatch, worth_it=1)
    assert shown == str(log)
    assert kind.name == "LINK"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs another user")
def test_a_folder_that_is_not_ours_is_reported_by_both(monkeypatch):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        aged(root / IMSDK, 9)
        closed = root / "Android/data/com.example.chat/files/log"
        closed.chmod(0)
        os.seteuid(65534)
        try:
            answers = [seen(root, monkeypatch, worth_it=number) for number in (1, -1)]
        finally:
            os.seteuid(0)
    assert answers[0] == answers[1]
    assert (str(closed / "tencent"), "UNREADABLE", errno.EACCES) in [
        (shown, kind.name, number) for shown, kind, _, number in answers[0]
    ]


def test_a_walk_that_is_left_early_leaves_no_folder_open(tmp_path, monkeypatch):
    monkeypatch.setattr(open_below, "_WORTH_IT", 1)
    for number in range(5):
        aged(tmp_path / IMSDK.replace("chat", f"chat{number}"), 9)
    before = sum(1 for _ in Path("/proc/self/fd").iterdir())
    with Scanner() as scanner:
        looks = scanner.looks(resolve(tmp_path), WalkOptions(settled=True))
        next(looks)
        looks.close()
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == before
