"""The moment between the last look and the deletion, and what a killed sweep leaves there."""

import os
import subprocess
import sys
import time

import pytest

from tests.retention.trees import IMSDK, NOW, aged, day, everything, log, sweep, touch
from xlogdecode.retention import (
    DecisionReason,
    Rule,
    SweepVerdict,
    carry_out,
    folders,
    plan,
    scan,
    set_aside,
)
from xlogdecode.retention.folders import DescriptorFolder
from xlogdecode.retention.in_use import NoWatch

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the guarantee is POSIX's")


def decisions(root):
    return plan(scan(root), Rule(), now=NOW)


def test_a_file_put_under_the_name_after_the_last_look_stays(tmp_path, monkeypatch):
    old = aged(tmp_path / IMSDK, 9)
    fresh = log(tmp_path, "fresh", age=0, size=3)
    real = DescriptorFolder.remove

    def replaced_first(self, name):
        if fresh.exists():
            fresh.replace(old)  # between the look and the unlink
        real(self, name)

    monkeypatch.setattr(DescriptorFolder, "remove", replaced_first)
    (outcome,) = carry_out(decisions(tmp_path))
    assert outcome.verdict is SweepVerdict.DELETED
    assert old.read_bytes() == b"xxx"
    assert [p.name for p in old.parent.iterdir()] == [old.name]


def test_a_file_that_changes_as_it_is_set_aside_gets_its_name_back(tmp_path, monkeypatch):
    old = aged(tmp_path / IMSDK, 9)
    real = DescriptorFolder.rename

    def written_first(self, name, new):
        old.write_bytes(b"new")
        real(self, name, new)

    monkeypatch.setattr(DescriptorFolder, "rename", written_first)
    (outcome,) = carry_out(decisions(tmp_path), watch=NoWatch())  # a lease would make us wait
    assert outcome.decision.reason is DecisionReason.CHANGED
    assert old.read_bytes() == b"new"
    assert [p.name for p in old.parent.iterdir()] == [old.name]


@pytest.mark.parametrize("in_one_step", [True, False])
def test_a_name_that_is_taken_is_not_replaced_by_the_file_that_goes_back(
    tmp_path, monkeypatch, in_one_step
):
    old = aged(tmp_path / IMSDK, 9)
    real = DescriptorFolder.rename

    def changed_and_taken(self, name, new):
        old.write_bytes(b"changed")
        real(self, name, new)
        old.write_bytes(b"a third one")

    monkeypatch.setattr(DescriptorFolder, "rename", changed_and_taken)
    if not in_one_step:
        monkeypatch.setattr(folders, "rename_without_replacing", lambda *_: False)
    (outcome,) = carry_out(decisions(tmp_path), watch=NoWatch())
    assert outcome.verdict is SweepVerdict.FAILED
    assert sorted(p.read_bytes() for p in old.parent.iterdir()) == [b"a third one", b"changed"]
    assert old.read_bytes() == b"a third one"
    assert "it is now .xlogdecode-sweep-" in str(outcome.error)


@pytest.mark.parametrize("in_one_step", [True, False])
def test_a_file_goes_back_in_one_step_or_by_a_second_name(tmp_path, monkeypatch, in_one_step):
    log(tmp_path, "private")
    if not in_one_step:
        monkeypatch.setattr(folders, "rename_without_replacing", lambda *_: False)
    with folders.open_folder(str(tmp_path.resolve())) as folder:
        folder.rename_back("private", "name")
    assert everything(tmp_path) == ["name"]


def killed_while_deleting(root) -> None:
    """Run a sweep that dies between setting a file aside and deleting it."""
    program = (
        "import os, sys\n"
        "from xlogdecode.retention.folders import DescriptorFolder\n"
        "DescriptorFolder.remove = lambda self, name: os.kill(os.getpid(), 9)\n"
        "from tests.retention.test_last_moment import decisions, carry_out\n"
        "carry_out(decisions(sys.argv[1]))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, root], check=False)
    assert done.returncode == -9


def test_the_next_sweep_puts_back_and_judges_what_a_killed_one_left(tmp_path, monkeypatch):
    root, state = tmp_path / "sd", tmp_path / "state"
    old, kept = aged(root / IMSDK, 9), aged(root / IMSDK, 2)
    killed_while_deleting(root)
    (left,) = (p for p in old.parent.iterdir() if p != kept)
    assert set_aside.was_set_aside(left.name) == old.name
    dry = sweep(root)
    assert "left by an interrupted sweep" in dry.stdout
    monkeypatch.setattr(time, "time", lambda now=time.time: now() + 2 * set_aside.OLD_ENOUGH)
    touch(left, 3)  # written to since: it must stay
    assert sweep(root, "--delete", "--state", state).returncode == 0
    assert sorted(p.name for p in old.parent.iterdir()) == [old.name, kept.name]
    touch(old, 9)
    assert sweep(root, "--delete", "--state", state).returncode == 0
    assert [p.name for p in old.parent.iterdir()] == [kept.name]


def test_the_file_of_a_sweep_at_work_is_not_taken_from_it(tmp_path):
    old = aged(tmp_path / IMSDK, 9)
    killed_while_deleting(tmp_path)
    before = everything(tmp_path)
    sweep(tmp_path, "--delete", "--state", tmp_path / "state")
    assert [name for name in everything(tmp_path) if "state" not in name] == before
    assert not old.exists()


@pytest.mark.parametrize(
    "name",
    ["imsdk_20260101.xlog", ".xlogdecode-sweep-", ".xlogdecode-sweep-12~imsdk_20260101.xlog",
     ".xlogdecode-sweep-0123456789abcdef", "x.xlogdecode-sweep-0123456789abcdef~a"],
)  # fmt: skip
def test_other_names_were_not_set_aside(name):
    assert set_aside.was_set_aside(name) == ""


def test_a_name_too_long_to_be_made_private_goes_by_the_plain_way(tmp_path):
    long = "a" * 225 + f"_imsdk_{day(9)}.xlog"
    old = log(tmp_path / "up", long, age=9)
    policy = tmp_path / "p.yaml"
    policy.write_text(
        f"roots: [{{path: {tmp_path}/up, layout: logs, names: ['*_imsdk_YYYYMMDD.xlog']}}]"
    )
    result = sweep("--config", policy, "--delete", "--state", tmp_path / "state")
    assert result.returncode == 0, result.stderr
    assert not old.exists()


@pytest.mark.untraced
def test_no_file_renamed_in_is_lost_in_tight_loops(tmp_path):
    """A process puts new files under the old name, over and over, while sweeps run."""
    here = tmp_path / IMSDK
    old = aged(here, 9)
    program = (
        "import os, sys\n"
        "folder, name, aside = sys.argv[1:]\n"
        "path, number = os.path.join(folder, name), 0\n"
        "print(flush=True)\n"
        "while number < 20_000 and os.getppid() != 1:\n"
        "    number += 1\n"
        "    new = os.path.join(aside, str(number))\n"
        "    open(new, 'w').close()\n"
        "    os.link(new, os.path.join(aside, f'kept{number}'))\n"
        "    os.rename(new, path)\n"
        "    if os.stat(os.path.join(aside, f'kept{number}')).st_nlink != 2:\n"
        "        print('lost', flush=True)\n"
        "    os.unlink(os.path.join(aside, f'kept{number}'))\n"
    )
    (tmp_path / "aside").mkdir()
    command = [sys.executable, "-c", program, here, old.name, tmp_path / "aside"]
    gone = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        writer.stdout.readline()
        end = time.monotonic() + 3
        while time.monotonic() < end and writer.poll() is None:
            outcomes = carry_out(decisions(tmp_path))
            gone += sum(outcome.verdict is SweepVerdict.DELETED for outcome in outcomes)
        writer.kill()
        told = writer.stdout.read()
    assert "lost" not in told
    assert gone <= 1  # the first one, which was old
    assert os.listdir(here) != []  # noqa: PTH208
