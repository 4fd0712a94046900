"""Executors by name, for nightly jobs and sweeps: processes and threads here, or a cluster."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from xlogdecode.errors import MissingExtraError, UsageError
from xlogdecode.platform.forks import CAN_FORK, processes_of_use

__all__ = ["CLUSTERS", "EXECUTORS", "check_executor", "open_executor"]

_TRIES: Final = 3
"""Times that a cluster does a task anew whose worker is lost."""

_PATIENCE: Final = 10
"""Seconds to wait for a scheduler."""

Open = Callable[[str, int], Any]
"""Returns a context manager of an Executor, from the scheduler's address and a number."""


def check_executor(name: str, scheduler: str) -> None:
    """Raise UsageError for a name that is not an executor, and where an address is missing."""
    if name not in EXECUTORS:
        raise UsageError(f"{name!r} is not an executor; use {', '.join(EXECUTORS)}")
    if scheduler and name not in CLUSTERS:
        raise UsageError(f"a scheduler is for {' and '.join(CLUSTERS)}; leave it out with {name}")
    if name == "dask" and not scheduler:
        raise UsageError("dask needs the address of its scheduler, as in tcp://10.0.0.5:8786")


@contextmanager
def open_executor(name: str, scheduler: str, processes: int) -> Iterator[Executor | None]:
    """Open an executor; None where this process forks others itself, which costs the least.

    Raises UsageError for a scheduler that cannot be reached, MissingExtraError.
    """
    if name == "processes" and CAN_FORK:
        yield None
        return
    with EXECUTORS[name](scheduler, processes) as executor:
        yield executor


def _processes(_: str, processes: int) -> Executor:
    return ProcessPoolExecutor(processes_of_use(processes))


def _threads(_: str, processes: int) -> Executor:
    return ThreadPoolExecutor(processes_of_use(processes))


@contextmanager
def _dask(scheduler: str, _: int) -> Iterator[Executor]:
    try:
        import distributed
    except ImportError:
        raise MissingExtraError("dask needs distributed; run pip install distributed") from None
    connect: Any = distributed.Client  # it has no types
    try:
        client = connect(scheduler, timeout=_PATIENCE, set_as_default=False)
    except Exception as error:  # noqa: BLE001 - whatever is at that address may answer anything
        raise UsageError(f"{scheduler}: no scheduler answers: {error or 'timeout'}") from None
    with client:
        yield client.get_executor(pure=False, retries=_TRIES)


@contextmanager
def _ray(scheduler: str, _: int) -> Iterator[Executor]:
    try:
        import ray
    except ImportError:
        raise MissingExtraError(
            "ray is not installed; run pip install 'ray[default]', which has wheels for some "
            "versions of Python only"
        ) from None
    if ray.is_initialized() and not scheduler:  # by the caller, who ends it
        yield _RayExecutor(ray)
        return
    try:
        _connect_to_ray(ray, scheduler)
        yield _RayExecutor(ray)
    finally:
        ray.shutdown()


def _connect_to_ray(ray: Any, scheduler: str) -> None:
    """Connect to a cluster, or start one here, which reports to nobody. Raises UsageError."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    own: dict[str, Any] = {} if scheduler else {"include_dashboard": False}
    try:
        ray.init(address=scheduler or None, log_to_driver=False, logging_level=logging.ERROR, **own)
    except Exception as error:  # noqa: BLE001 - at its start it raises whatever came
        why = " ".join(str(error).split()) or type(error).__name__
        if scheduler:
            raise UsageError(f"{scheduler}: no cluster of ray answers: {why}") from None
        raise UsageError(
            f"ray does not start here: {why}; install all of it: pip install 'ray[default]'"
        ) from None


class _RayExecutor(Executor):
    """Does calls as tasks of Ray, which has no executor of its own."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._known: dict[Callable[..., Any], Any] = {}
        """A function -> what starts it there, and has been sent there once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Start a call."""
        if fn not in self._known:
            self._known[fn] = self._ray.remote(max_retries=_TRIES)(fn)
        future: Future[Any] = self._known[fn].remote(*args, **kwargs).future()
        return future


EXECUTORS: Final[Mapping[str, Open]] = {
    "processes": _processes,
    "threads": _threads,
    "dask": _dask,
    "ray": _ray,
}
"""Name -> what opens it."""

CLUSTERS: Final = ("dask", "ray")
"""Those that have the address of a scheduler."""
