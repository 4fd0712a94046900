"""`python -m xlogdecode ARGS` without the start of an interpreter: a third of the time of a test.

A process that has loaded the interpreter and the command waits, and forks for each run. A run is
a process of its own, as it is for a person: its arguments, folder, environment, streams and status.
"""

import array
import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAIN = str(ROOT / "xlogdecode" / "__main__.py")
SECONDS = 120


def can_fork() -> bool:
    """Tell whether runs may be forked: not where each must be measured from its start."""
    measured = any(name.startswith("COVERAGE_PROCESS") for name in os.environ)
    return sys.platform == "linux" and not measured


def start(args: list[str], fds: tuple[int, int, int], cwd: str, env: dict[str, str]) -> "Run":
    """Start a run with these streams; its end is awaited by `Run.wait`."""
    ours, theirs = socket.socketpair()
    request = json.dumps([args, cwd, env]).encode("utf-8", "surrogateescape")
    with theirs:
        message = len(request).to_bytes(4, "little")
        _send(_server(), message, [*fds, theirs.fileno()])
        ours.sendall(request)
    return Run(ours)


class Run:
    """A run that was started."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        channel.settimeout(SECONDS)

    def wait(self) -> int:
        """Return the exit status, or minus the number of the signal that ended it."""
        with self._channel as channel:
            pid = int(channel.recv(16))
            try:
                return int(channel.recv(16))
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise


def _send(channel: socket.socket, data: bytes, fds: list[int]) -> None:
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))
    channel.sendmsg([data], [rights])


@cache
def _server() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,  # streams that are buffered as those of a run are
            pass_fds=[theirs.fileno()],
        )
    atexit.register(_end, ours, process)
    return ours


def _end(channel: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    channel.close()
    process.communicate()


def serve(channel: socket.socket) -> None:
    """Fork for each request, until there are no more to come."""
    while True:
        message, fds, _, _ = socket.recv_fds(channel, 4, 4)
        if not message:
            return
        with socket.socket(fileno=fds.pop()) as answer:
            if os.fork() == 0:
                channel.close()
                _supervise(answer, int.from_bytes(message, "little"), fds)
            for fd in fds:
                os.close(fd)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _supervise(answer: socket.socket, size: int, fds: list[int]) -> None:
    """Run one command, and answer with its process and its status."""
    request = bytearray()
    while len(request) < size:
        request += answer.recv(size - len(request))
    args, cwd, env = json.loads(request.decode("utf-8", "surrogateescape"))
    pid = os.fork()
    if pid == 0:
        answer.close()
        _run(args, fds, cwd, env)
    for fd in fds:
        os.close(fd)
    answer.send(str(pid).encode().ljust(16))
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    answer.send(str(status).encode())
    os._exit(0)


def _run(args: list[str], fds: list[int], cwd: str, env: dict[str, str]) -> None:
    """Become `python -m xlogdecode ARGS`, to its end."""
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    sys.argv = [MAIN, *args]
    status = 1
    try:
        from xlogdecode.cli import main

        main()
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter does at its end
        traceback.print_exc()
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
    except OSError:
        status = 120
    os._exit(status)


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    import xlogdecode.cli.app
    import xlogdecode.cli.decode
    import xlogdecode.cli.without_click  # noqa: F401 - so that each run has them

    serve(socket.socket(fileno=int(sys.argv[1])))
