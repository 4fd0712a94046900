"""The command line, run as a person runs it: a process of its own."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from tests import forked_command

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Done:
    """What a command came to."""

    status: int
    out: bytes
    err: str

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()


def run_here(*args: object) -> Done:
    """Run `xlogdecode ARGS` in this process, in a tenth of the time; standard output is left."""
    from xlogdecode.cli.app import run as main

    with redirect_stderr(StringIO()) as err:
        status = main([*map(str, args)])
    return Done(status, b"", err.getvalue())


def run(*args: object, key: str | None = None, **extra: Any) -> Done:
    """Run `xlogdecode ARGS`; no terminal is near, and no key but `key` in the environment."""
    env = {name: value for name, value in os.environ.items() if name != "XLOGDECODE_KEY"}
    env |= {} if key is None else {"XLOGDECODE_KEY": key}
    words = [*map(str, args)]
    if forked_command.can_fork() and extra.keys() <= {"cwd", "input"}:
        return _forked(words, env, str(extra.get("cwd") or Path.cwd()), extra.get("input"))
    env |= extra.pop("env", {})
    extra.setdefault("stdout", subprocess.PIPE)
    extra.setdefault("timeout", 120)
    if "input" not in extra:
        extra.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run(
        [sys.executable, "-m", "xlogdecode", *words],
        stderr=subprocess.PIPE,
        env=env,
        check=False,
        **extra,
    )
    return Done(done.returncode, done.stdout or b"", done.stderr.decode())


def _forked(args: list[str], env: dict[str, str], cwd: str, data: bytes | None) -> Done:
    outs, errs = os.pipe(), os.pipe()
    ins = (os.open(os.devnull, os.O_RDONLY), -1) if data is None else os.pipe()
    started = forked_command.start(args, (ins[0], outs[1], errs[1]), cwd, env)
    for fd in (ins[0], outs[1], errs[1]):
        os.close(fd)
    with ThreadPoolExecutor(3) as pool:
        if data is not None:
            pool.submit(_write, ins[1], data)
        out, err = pool.submit(_read, outs[0]), pool.submit(_read, errs[0])
        status = started.wait()
    return Done(status, out.result(), err.result().decode())


def _read(fd: int) -> bytes:
    with open(fd, "rb") as file:
        return file.read()


def _write(fd: int, data: bytes) -> None:
    with suppress(BrokenPipeError), open(fd, "wb", buffering=0) as file:
        while data:
            data = data[file.write(data) :]
