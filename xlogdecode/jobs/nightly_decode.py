"""One input of a nightly job, decoded into files that wait to be put into the target.

This runs in any process, on any machine that has the same files: nothing but what waits is written.
"""

import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from xlogdecode.decoder.report import OTHER_CURVE
from xlogdecode.errors import InputError, MissingExtraError, OutputError
from xlogdecode.inputs import Refusal, SavedBlocks, is_url, open_place
from xlogdecode.jobs.exit_status import Status, worst
from xlogdecode.jobs.found_inputs import FoundInput
from xlogdecode.jobs.job import Decoder
from xlogdecode.jobs.request import Request
from xlogdecode.jobs.result import Result, failed
from xlogdecode.outputs.destinations import Places

__all__ = [
    "InputState", "MadeFile", "NightlyWork", "Outcome", "decode_input", "decode_inputs",
    "lost_outcome",
]  # fmt: skip


class InputState(StrEnum):
    """The states of an input in the manifest, as they are written there."""

    OK = "ok"
    DAMAGED = "damaged"
    """Bytes of it were lost; the rest is in the outputs."""
    ENCRYPTED = "encrypted"
    """No key fits all of it; it is taken again once there is another key."""
    FAILED = "failed"
    """It gave nothing; it is taken again once it changes."""
    UNREAD = "unread"
    """It could not be read, or its output not be written; it is taken again by the next run."""
    LEFT_OUT = "left out"
    """A crash buffer whose records are all in a log."""


class MadeFile(NamedTuple):
    """A file that was made of an input, or of a member of it."""

    waits_at: str
    """Where it is until it is put into the target."""
    below: str = ""
    """Its place in the archive, with the ending of outputs; empty for a log by itself."""
    part: str = ""
    """The part of a dataset that it is in, as `day=2024-01-01/level=E`, if there are parts."""


class Outcome(NamedTuple):
    """All that is known of an input once it was taken."""

    seen: FoundInput
    state: str
    status: Status
    reason: str = ""
    """Why it is not OK, and what to do."""
    made: tuple[MadeFile, ...] = ()
    bytes_in: int = 0
    bytes_out: int = 0
    """Of text, before it was put into a format."""
    lost_bytes: int = 0


_STATES = {
    Status.OK: InputState.OK,
    Status.LOST: InputState.DAMAGED,
    Status.LOCKED: InputState.ENCRYPTED,
    Status.FAILED: InputState.FAILED,
}


class NightlyWork(NamedTuple):
    """All that is the same for each input of a job."""

    request: Request
    waiting: str
    """The folder for files that wait."""
    store: str = ""
    """The URL of a target in a store; files wait there, in the folder `waiting` of it."""
    keys: tuple[str, ...] = ()
    """The keys by which Parquet files are parted (`writers.partitions`)."""


def decode_inputs(inputs: Iterable[FoundInput], work: NightlyWork) -> list[Outcome]:
    """Take several inputs, one after another."""
    return [decode_input(seen, work) for seen in inputs]


def decode_input(seen: FoundInput, work: NightlyWork) -> Outcome:
    """Decode an input into files that wait, under names that no other try has."""
    if not work.store:
        return _take(seen, work)
    with TemporaryDirectory(prefix="xlogdecode-") as here:
        outcome = _take(seen, work._replace(waiting=here))
        try:
            return outcome._replace(made=tuple(_sent(outcome.made, work)))
        except OutputError as error:
            return lost_outcome(seen, str(error))


def _sent(made: Sequence[MadeFile], work: NightlyWork) -> list[MadeFile]:
    """Send files to the store; return them as they wait there."""
    from xlogdecode.outputs.folders import Move, folder_at

    name = f"{work.waiting}/{secrets.token_hex(12)}"
    sent = [one._replace(waits_at=f"{name}.{number}") for number, one in enumerate(made)]
    folder_at(work.store).take(
        Move(here.waits_at, there.waits_at) for here, there in zip(made, sent, strict=True)
    )
    return sent


def _take(seen: FoundInput, work: NightlyWork) -> Outcome:
    request, waiting, _, keys = work
    request = _for_one(request)
    at = os.path.join(waiting, secrets.token_hex(12))  # noqa: PTH118 - thousands of files a second
    results = list(_results(seen, request, at))
    is_left_out = bool(results) and all(result.is_skipped for result in results)
    status = worst(result.status for result in results)
    state = InputState.LEFT_OUT if is_left_out else _STATES[status]
    if any(_is_of_the_moment(result, seen.name) for result in results):
        state = InputState.UNREAD
    made = [_made(result.path, at) for result in results if result.path is not None]
    if keys and state != InputState.UNREAD:
        try:
            made = [one for whole in made for one in _parted(whole, keys)]
        except OSError as error:
            return lost_outcome(seen, f"cannot be parted: {error.strerror or error}; make room")
    return Outcome(
        seen,
        state,
        status,
        _reason(results, seen.name, status),
        tuple(made),
        sum(result.report.bytes_in for result in results),
        sum(result.report.bytes_out for result in results),
        sum(result.report.lost_bytes for result in results),
    )


def lost_outcome(seen: FoundInput, why: str) -> Outcome:
    """Return the outcome of an input whose process, or machine, ended before it was done."""
    return Outcome(seen, InputState.UNREAD, Status.FAILED, why)


def _results(seen: FoundInput, request: Request, at: str) -> Iterator[Result]:
    """Decode the log, or each in the archive, into `at` or below it."""
    places = Places(Path(at), in_folder=False, several=False, suffix=request.suffix)
    saved, decoder = SavedBlocks(), Decoder(request)
    saved.left += seen.beside
    for entry in open_place(seen.place, plain=request.takes_plain):
        if isinstance(entry, Refusal):
            if entry.is_failure:
                yield failed(entry.name, InputError(str(entry)))
            continue
        try:
            target = places.place(entry)
            places.prepare(entry, target)
        except OutputError as error:
            entry.source.close()
            yield failed(entry.name, error)
            continue
        yield decoder.decode(entry, target, saved)


def _made(path: str, at: str) -> MadeFile:
    return MadeFile(path, "" if path == at else Path(path).relative_to(at).as_posix())


def _parted(made: MadeFile, keys: tuple[str, ...]) -> Iterator[MadeFile]:
    """Part a file by keys; yield the files that it becomes."""
    from xlogdecode.writers.partitions import part

    for name, path in part(made.waits_at, keys, lambda _, number: f"{made.waits_at}.{number}"):
        yield MadeFile(path, made.below, name)
    Path(made.waits_at).unlink()


def _for_one(request: Request) -> Request:
    """Return the request with a redactor of its own: placeholders never depend on other inputs."""
    selection = request.selection
    if selection is None or selection.redactor is None:
        return request
    own = replace(selection, redactor=deepcopy(selection.redactor))
    return request._replace(selection=own)


def _is_of_the_moment(result: Result, name: str) -> bool:
    """Tell whether the next run may well have more success, though the input is the same."""
    if isinstance(result.error, OutputError | MissingExtraError):
        return True
    why = str(result.error).removeprefix(f"{name}: ")
    is_of_the_system = is_url(name) or why.startswith(_OF_THE_SYSTEM)
    return isinstance(result.error, InputError) and is_of_the_system


_OF_THE_SYSTEM = ("cannot be opened:", "cannot be read:")
"""How errors begin where the system refused to open or to read the input."""


def _reason(results: list[Result], name: str, status: Status) -> str:
    """Return why the first log of the worst status is not OK, in the words of `decode`."""
    if status is Status.OK:
        return ""
    worst_one = next(result for result in results if result.status is status)
    report = worst_one.report
    why = worst_one.message or report.outcome()
    if report.locked_blocks and report.lock_reason != OTHER_CURVE:
        why += "; name the file of the server's private key under keys"
    why = why.removeprefix(f"{worst_one.name}: ")
    if report.why:
        why += f"; likely cause: {report.why}"
    others = sum(result.status is status for result in results) - 1
    member = worst_one.name.removeprefix(f"{name}: ") if worst_one.name != name else ""
    return (
        f"{f'{member}: ' if member else ''}{why}{f'; {others:,} more such logs' if others else ''}"
    )
