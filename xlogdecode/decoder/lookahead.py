"""Work in parallel, results in order: batches of blocks, decoded ahead of what is written.

The codecs and numpy let go of the interpreter's lock, so threads are enough; processes lost even to
one thread, since all text has to come back through a pipe.
"""

from collections import deque
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from xlogdecode.decoder.payloads import Unpacked
from xlogdecode.framing import Block, Event, PlainRun

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

__all__ = ["Batch", "Lookahead"]

Decode = Callable[[Sequence[Block]], list[Unpacked]]

_BATCH = 400 << 10
"""Bytes of payload that make a batch, a quarter more if they are encrypted."""

_LARGE = 1 << 20
"""A block of more, which no writer makes, is a batch of its own: it is not copied to be joined."""

_FIRST_BATCH = 32 << 10
"""The same right after framing had to go back: what is decoded in vain stays in proportion."""

_AHEAD = 2
"""Batches in flight beyond one a thread."""

_LARGEST = 16 << 20
"""No buffer is larger; `bytes` of zeros maps such a block without touching it."""

_READY = 64
"""Steps in all that may wait behind a batch."""


class Batch:
    """Consecutive blocks of one reading and one client key."""

    __slots__ = ("blocks", "future", "size")

    def __init__(self, block: Block) -> None:
        """Start a batch with its first block."""
        self.blocks = [block]
        self.size = block.length
        self.future: Future[list[Unpacked]] | None = None

    def takes(self, block: Block) -> bool:
        """Add `block` if it is of the same kind; tell whether it was."""
        first = self.blocks[0]
        if block.reading is not first.reading or block.length > _LARGE:
            return False
        if block.reading.encrypted and block.header.client_key != first.header.client_key:
            return False
        self.blocks.append(block)
        self.size += block.length
        return True


class Lookahead:
    """Steps in the order of the input: events, and batches that are being decoded meanwhile."""

    def __init__(self, decode: Decode, threads: int) -> None:
        """Decode with `decode` on `threads` threads; with one, when a batch is asked for."""
        keep_freed_pages()
        self._decode = decode
        self._threads = threads
        self._queue: deque[Event | PlainRun | Batch] = deque()
        self._open: Batch | None = None
        self._in_flight = 0
        self._flushed = 0
        self._target = _BATCH
        self._pool: Executor | None = None

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._queue or self._open)

    @property
    def is_full(self) -> bool:
        """Whether the next step is to be taken before more is added."""
        if not self._queue:
            return False
        if not isinstance(self._queue[0], Batch) or len(self._queue) >= _READY:
            return True
        full = self._threads + _AHEAD if self._threads > 1 and self._target == _BATCH else 1
        return self._in_flight >= full

    def add(self, event: Event | PlainRun, *, packed: bool) -> None:
        """Add an event; `packed` if it is a block that has to be decoded."""
        if not packed:
            self.flush()
            self._queue.append(event)
            return
        assert isinstance(event, Block)  # noqa: S101 - for the type checker
        if self._open is None or not self._open.takes(event):
            self.flush()
            self._open = Batch(event)
        longer_steps = self._target // 4 * event.reading.encrypted  # numpy's, for two threads
        if self._open.size >= self._target + longer_steps:
            self.flush()

    def flush(self) -> None:
        """Let the batch that is being filled go as it is."""
        batch, self._open = self._open, None
        if batch is None:
            return
        self._queue.append(batch)
        self._in_flight += 1
        self._flushed += batch.size
        if self._threads > 1 and self._in_flight > 1 and self._flushed > _BATCH:
            self._start_all()

    def take(self) -> Event | PlainRun | Batch:
        """Return the next step."""
        if not self._queue:
            self.flush()
        step = self._queue.popleft()
        if isinstance(step, Batch):
            self._in_flight -= 1
        return step

    def results(self, batch: Batch) -> list[Unpacked]:
        """Return what became of a batch's blocks, at least of the first."""
        return self._decode(batch.blocks) if batch.future is None else batch.future.result()

    def succeed(self) -> None:
        """Say that a batch decoded: look further ahead again."""
        self._target = min(2 * self._target, _BATCH)

    def forget(self) -> None:
        """Drop all steps: framing goes back. Look less far ahead from now on."""
        for step in self._queue:
            if isinstance(step, Batch) and step.future is not None:
                step.future.cancel()
        self._queue.clear()
        self._open = None
        self._in_flight = 0
        self._target = _FIRST_BATCH

    def close(self) -> None:
        """End the threads, once what they are at is done."""
        self.forget()
        if self._pool is not None:
            self._pool.shutdown()

    def _start_all(self) -> None:
        """Hand every waiting batch to the pool; an input of less than a batch never starts one."""
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(self._threads, "xlogdecode")
        for step in self._queue:
            if isinstance(step, Batch) and step.future is None:
                step.future = self._pool.submit(self._decode, step.blocks)


@cache
def keep_freed_pages() -> None:
    """Teach glibc's malloc not to hand freed memory back to the system at once.

    Text comes in buffers just above its first idea of large, each mapped, faulted in page by page
    and unmapped again, which took 40 % of the time. It raises that idea to the largest block it has
    seen freed. Once a process; elsewhere than in glibc this does nothing.
    """
    bytes(_LARGEST)
