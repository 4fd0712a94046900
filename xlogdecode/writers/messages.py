"""Pages whose messages are changed, and nothing else of them: records need not be made for that."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from xlogdecode.records import Loss, Record
from xlogdecode.records.runs import RecordRun

__all__ = ["ChangeMessages", "with_changed_messages"]

ChangeMessages = Callable[[Sequence[str]], list[str]]
"""Messages, one character a byte -> as many others."""

Part = RecordRun | list[Record]


def with_changed_messages(
    pages: Iterable[list[Part] | Loss], change: ChangeMessages
) -> Iterator[list[Part] | Loss]:
    """Yield the pages of `read_runs` with other messages, all those of a page changed at once."""
    for page in pages:
        if isinstance(page, Loss):
            yield page
            continue
        messages = [message for part in page for message in _messages(part)]
        changed = iter(change(messages))
        yield [_with_messages(part, list(islice(changed, len(part)))) for part in page]


def _messages(part: Part) -> Iterable[str]:
    return part.message if isinstance(part, RecordRun) else [record[10] for record in part]


def _with_messages(part: Part, messages: list[str]) -> Part:
    if isinstance(part, RecordRun):
        return part.with_messages(messages)
    return [
        record if record[10] == message else record.with_message(message)
        for record, message in zip(part, messages, strict=True)
    ]
