"""The command line, run as a person runs it: a process of its own."""

import os
import subprocess
import sys
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

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
    env |= extra.pop("env", {})
    extra.setdefault("stdout", subprocess.PIPE)
    if "input" not in extra:
        extra.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run(
        [sys.executable, "-m", "xlogdecode", *map(str, args)],
        stderr=subprocess.PIPE,
        env=env,
        check=False,
        timeout=120,
        **extra,
    )
    return Done(done.returncode, done.stdout or b"", done.stderr.decode())
