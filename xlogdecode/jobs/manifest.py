"""The manifest of a nightly job: which inputs were seen, what came of them, and which files are
outputs. SQLite, beside the outputs.

An input is committed in two steps. `decide` writes down in one transaction what became of inputs
and which files that wait are their outputs from now on. `settle` then moves these into place,
removes outputs that are replaced, and notes that this is done. Whoever opens the manifest settles
first what a killed run had decided; what none decided is not an output. Of a target in a store the
`journal` has all that was decided.
"""

import os
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple, Self

from xlogdecode.errors import InputError, OutputError
from xlogdecode.jobs.journal import COPY, Commit, Journal
from xlogdecode.jobs.nightly_decode import InputState, Outcome
from xlogdecode.outputs.folders import Move, OutputFolder

__all__ = ["DEAD_LETTERS", "DeadLetter", "Known", "Manifest"]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS inputs (
    name TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    etag TEXT NOT NULL,
    beside TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    generation INTEGER NOT NULL,
    keys TEXT NOT NULL,
    taken TEXT NOT NULL,
    bytes_out INTEGER NOT NULL,
    lost_bytes INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outputs (
    path TEXT PRIMARY KEY,
    input TEXT NOT NULL,
    waits_at TEXT,
    is_replaced INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS outputs_by_input ON outputs (input);
CREATE INDEX IF NOT EXISTS outputs_unsettled ON outputs (path)
    WHERE waits_at IS NOT NULL OR is_replaced;
CREATE INDEX IF NOT EXISTS inputs_by_state ON inputs (state);
CREATE TABLE IF NOT EXISTS runs (name TEXT PRIMARY KEY, time REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;
"""
_VERSION: Final = 1
_GENERATION: Final = "generation"
_COMMITS: Final = "commits"
"""Rows of `settings` that are not such: numbers of the outputs' generation, of the last commit."""

DEAD_LETTERS: Final = (InputState.FAILED, InputState.ENCRYPTED, InputState.UNREAD)
"""The states of inputs that wait for a change, or for a key."""


class Known(NamedTuple):
    """An input as the manifest has it."""

    size: int
    mtime_ns: int
    etag: str
    beside: str
    state: str
    generation: int
    """That of its outputs."""
    keys: frozenset[str]
    """Marks of the keys that were tried."""


class DeadLetter(NamedTuple):
    """An input that gave nothing, or not all."""

    name: str
    state: str
    reason: str


class Manifest:
    """The open manifest of a target; one run at a time writes to it (see `batch_target`)."""

    def __init__(self, path: Path, folder: OutputFolder, journal: Journal | None = None) -> None:
        """Open the manifest at `path`, or make it; outputs are named from the `folder`.

        With a `journal` the file is a copy for this run. Raises InputError for a file that is not a
        manifest, OutputError where none can be made.
        """
        self._path = path
        self._shown = str(path) if journal is None else f"{folder.shown}/{COPY}"
        self.folder = folder
        self._journal = journal
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if journal is not None:
                journal.fetch(path)
            self._base = sqlite3.connect(path, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"{path}: cannot be made: {_why(error)}; choose a target") from None
        self._last = 0
        """The number of the last commit."""
        self._is_behind = False
        """Whether commits are not in the copy that the store has."""
        try:
            self._begin()
        except BaseException:
            self._base.close()
            raise

    def _begin(self) -> None:
        """Make the tables that are missing, and note the commits that the copy has not."""
        with self._errors():
            self._base.execute("PRAGMA synchronous = FULL")
            (version,) = self._base.execute("PRAGMA user_version").fetchone()
            if version > _VERSION:
                raise InputError(f"{self._shown}: of a newer version of xlogdecode; use that")
            if version < _VERSION:
                self._base.executescript(_SCHEMA)
        self._last = self._number(_COMMITS)
        if self._journal is not None:
            for number, rows in self._journal.commits(self._last):
                self._apply(number, rows)
                self._is_behind = True

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._base.close()

    def other_settings(self, settings: Mapping[str, str]) -> list[str]:
        """Return the names of settings that the outputs were made with other values of."""
        with self._errors():
            known = dict(self._base.execute("SELECT name, value FROM settings"))
        for name in (_GENERATION, _COMMITS):
            known.pop(name, None)
        return sorted(name for name, value in known.items() if settings.get(name) != value)

    def start(self, settings: dict[str, str], *, anew: bool) -> None:
        """Note the settings; with `anew` a generation of outputs begins: all are made again."""
        rows = settings | {_GENERATION: str(self.generation + anew)}
        with self._errors():
            known = dict(self._base.execute("SELECT name, value FROM settings"))
        if rows.items() <= known.items() and not self._is_behind:
            return
        with self._transaction():
            self._base.executemany("INSERT OR REPLACE INTO settings VALUES (?, ?)", rows.items())
        self.save()

    def save(self) -> None:
        """Write the copy back to its store, if it is one. Raises OutputError."""
        if self._journal is not None:
            self._journal.save(self._path, self._last)

    @property
    def generation(self) -> int:
        """The number of times that all outputs were to be made again."""
        return self._number(_GENERATION)

    def _number(self, name: str) -> int:
        with self._errors():
            found = self._base.execute(
                "SELECT value FROM settings WHERE name = ?", (name,)
            ).fetchone()
        return int(found[0]) if found else 0

    def note_success(self) -> None:
        """Note that a run came to its end now."""
        with self._transaction():
            self._base.execute(
                "INSERT OR REPLACE INTO runs VALUES ('success', ?)", (round(time.time(), 3),)
            )

    def last_success(self) -> float:
        """Return when a run last came to its end, in seconds since 1970; 0 if none did."""
        with self._errors():
            found = self._base.execute("SELECT time FROM runs WHERE name = 'success'").fetchone()
        return float(found[0]) if found else 0.0

    def known(self, names: Iterable[str]) -> dict[str, Known]:
        """Return those of the inputs that the manifest has."""
        found: dict[str, Known] = {}
        with self._errors():
            for name in names:
                row = self._base.execute(
                    "SELECT size, mtime_ns, etag, beside, state, generation, keys FROM inputs "
                    "WHERE name = ?",
                    (_stored(name),),
                ).fetchone()
                if row is not None:
                    found[name] = Known._make((*row[:-1], frozenset(row[-1].split())))
        return found

    def decide(
        self, outcomes: Iterable[Outcome], keys: Iterable[str], places: Mapping[str, str]
    ) -> None:
        """Commit what came of inputs.

        `places` is where in the target each file that waits will be; `keys` are marks of the keys
        that were tried.
        """
        generation, marks = self.generation, " ".join(sorted(keys))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        some = list(outcomes)
        rows = Commit(
            [
                (
                    outcome.seen.name, outcome.seen.size, outcome.seen.mtime_ns, outcome.seen.etag,
                    outcome.seen.beside_mark, outcome.state, _printable(outcome.reason), generation,
                    marks, now, outcome.bytes_out, outcome.lost_bytes,
                )
                for outcome in some
            ],
            [
                (outcome.seen.name, [(places[one.waits_at], one.waits_at) for one in outcome.made])
                for outcome in some
                if not keeps_outputs(outcome)
            ],
        )  # fmt: skip
        number = self._last + 1
        if self._journal is not None:
            self._journal.commit(number, rows)
        self._apply(number, rows)

    def _apply(self, number: int, rows: Commit) -> None:
        """Note a commit."""
        with self._transaction():
            self._base.executemany(
                "INSERT OR REPLACE INTO inputs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(_stored(name), *others) for name, *others in rows.inputs],
            )
            for name, outputs in rows.outputs:
                self._base.execute(
                    "UPDATE outputs SET is_replaced = 1 WHERE input = ?", (_stored(name),)
                )
                self._base.executemany(
                    "INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, 0)",
                    [
                        (_stored(place), _stored(name), _stored(waits_at))
                        for place, waits_at in outputs
                    ],
                )
            self._base.execute(
                "INSERT OR REPLACE INTO settings VALUES (?, ?)", (_COMMITS, str(number))
            )
        self._last = number

    def settle(self) -> None:
        """Move what was decided into place, and remove what it replaces. Raises OutputError."""
        with self._errors():
            rows = self._base.execute(
                "SELECT path, input, waits_at, is_replaced FROM outputs "
                "WHERE waits_at IS NOT NULL OR is_replaced"
            ).fetchall()
        if not rows:
            return
        inputs = {
            Move(_name(waits_at), _name(path)): name
            for path, name, waits_at, is_replaced in rows
            if not is_replaced
        }
        self.folder.remove(_name(path) for path, _, _, is_replaced in rows if is_replaced)
        missing = self.folder.settle(inputs)
        with self._transaction():
            self._base.executemany(
                "UPDATE inputs SET state = ? WHERE name = ?",
                [(InputState.UNREAD, inputs[move]) for move in missing],
            )
            self._base.execute("DELETE FROM outputs WHERE is_replaced")
            self._base.execute("UPDATE outputs SET waits_at = NULL WHERE waits_at IS NOT NULL")

    def states(self) -> Counter[str]:
        """Return how many inputs have each state."""
        with self._errors():
            return Counter(
                dict(self._base.execute("SELECT state, count(*) FROM inputs GROUP BY state"))
            )

    def dead_letters(self) -> Iterator[DeadLetter]:
        """Yield the inputs that gave nothing, or not all for want of a key, with the reason."""
        with self._errors():
            for name, state, reason in self._base.execute(
                "SELECT name, state, reason FROM inputs WHERE state IN (?, ?, ?) ORDER BY name",
                DEAD_LETTERS,
            ):
                yield DeadLetter(_name(name), state, reason)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._errors():
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._base.execute("COMMIT")
            except BaseException:
                if self._base.in_transaction:  # a full disk has ended it already
                    self._base.execute("ROLLBACK")
                raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Raise what SQLite raises as an error that names the manifest."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise OutputError(
                f"{self._path}: cannot be written: {error}; make room, or let the other program "
                "that uses it end"
            ) from None
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"{self._shown}: is not a manifest: {error}; move it away, and all is decoded anew"
            ) from None


def keeps_outputs(outcome: Outcome) -> bool:
    """Tell whether what an earlier run made of the input stays: nothing better came of it now."""
    return outcome.state == InputState.UNREAD or (
        not outcome.made and outcome.state not in (InputState.OK, InputState.LEFT_OUT)
    )


def _why(error: Exception) -> str:
    return error.strerror or "" if isinstance(error, OSError) else str(error)


def _stored(name: str) -> "str | bytes":
    """Return a path as SQLite takes it: its bytes if it is not text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name)
    return name


def _name(stored: "str | bytes") -> str:
    return os.fsdecode(stored) if isinstance(stored, bytes) else stored


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
