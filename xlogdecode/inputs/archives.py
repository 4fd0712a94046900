"""Archives, and those that lie in them once more, as entries."""

import os
import posixpath
from collections.abc import Iterator
from io import BytesIO

from xlogdecode.errors import InputError
from xlogdecode.inputs.bombs import Meter
from xlogdecode.inputs.compressed import (
    ArchiveKind,
    TooLargeError,
    foreign_kind_of,
    kind_of,
    unpacked,
)
from xlogdecode.inputs.files import Entry, Input, Member, Refusal
from xlogdecode.inputs.members import OpenMember, Refused
from xlogdecode.inputs.names import LOOKED_FOR, is_crash_buffer, is_log, without_ending
from xlogdecode.inputs.picks import is_for_more, is_match, is_named
from xlogdecode.inputs.tar_archive import tar_members
from xlogdecode.inputs.unwrap import as_log
from xlogdecode.inputs.zip_archive import zip_members
from xlogdecode.platform.files import is_url

__all__ = ["Unpacker"]

_HELD = 16 << 20
"""Bytes of crash buffers that wait for the end of their archive."""

_HEAD = 4096
"""First bytes that tell whether a log was sent as text: so many have a LF."""

_OF_BUGREPORTS = ("main_entry.txt", "dumpstate_log.txt", "dumpstate_board.txt")
"""Members that only a bugreport has."""

_DEEPEST = 1
"""An archive may lie in another one; a third is not opened."""


class Unpacker:
    """Unpacks one file."""

    def __init__(self, source: Input, *, plain: bool, pick: str = "") -> None:
        """Unpack `source`; with `plain` logs of before SDK 4.7.1 are taken too.

        `pick` is the member, the folder or the glob of those that are wanted; none is for all.
        """
        self._meter = Meter(source.name, lambda: max(source.size, source.bytes_read))
        self._plain = plain
        self._name, self._pick = source.name, pick
        self._held = 0
        self._is_bugreport = False

    def entries(self, entry: Entry, kind: ArchiveKind) -> Iterator[Entry | Refusal]:
        """Yield the logs in `entry`, the crash buffers behind the logs of their archive."""
        try:
            found = False
            is_met = bool(entry.tree)  # in a folder; else it was named
            for item in self._open(entry, kind, depth=0):
                found = True
                yield item
                if self._meter.burst:
                    return
            if not found and self._pick:
                why = f"holds nothing that matches {self._pick!r}; -l {entry.name} lists its logs"
                yield Refusal(entry.name, why)
            elif not found:
                yield Refusal(entry.name, self._of_no_logs(), is_failure=not is_met)
        except InputError as error:
            yield Refusal(entry.name, str(error).removeprefix(f"{entry.name}: "))

    def _of_no_logs(self) -> str:
        if self._is_bugreport:
            return "is an Android bugreport, which holds no xlog files; pull the app's log folder"
        return f"holds no log: looked for {LOOKED_FOR}"

    def _open(self, entry: Entry, kind: ArchiveKind, depth: int) -> Iterator[Entry | Refusal]:
        folder, name = posixpath.split(entry.below)
        stem = posixpath.join(folder, without_ending(name))
        if kind in (ArchiveKind.ZIP, ArchiveKind.TAR):
            yield from self._members(entry, kind, stem, depth)
            return
        source = unpacked(entry.source, kind, self._meter)
        try:
            inner = kind_of(source.peek(), name)
        except TooLargeError as error:
            yield Refusal(entry.name, str(error))
            return
        if inner is ArchiveKind.TAR:
            yield from self._members(entry._replace(source=source), inner, stem, depth)
            if source.fault:
                yield Refusal(entry.name, f"is damaged: {source.fault}")
        elif inner is not None:
            yield Refusal(entry.name, "is packed twice; unpack it once first")
        elif self._takes(entry, posixpath.basename(stem)):
            yield as_log(entry._replace(below=stem, source=source), source.peek(_HEAD))

    def _members(
        self, entry: Entry, kind: ArchiveKind, stem: str, depth: int
    ) -> Iterator[Entry | Refusal]:
        if depth > _DEEPEST:
            yield Refusal(entry.name, "is in an archive within an archive; unpack one of them")
            return
        if stem == entry.below:  # a folder cannot be called as the archive itself is
            stem += ".logs"
        if entry.tree:
            inside = entry._replace(below=stem, path=None)
        else:
            join = posixpath.join if is_url(entry.top) else os.path.join
            top = join(entry.top, stem)  # as it was named
            inside = entry._replace(top=top, below="", tree=posixpath.basename(stem), path=None)
        waiting: list[Entry] = []
        members = zip_members if kind is ArchiveKind.ZIP else tar_members
        for item in members(entry.source, self._meter):
            if isinstance(item, Refused):
                name = f"{entry.name}: {item.name}" if item.name else entry.name
                if not item.name or is_match(self._place(name), self._pick):
                    yield Refusal(name, item.reason)
            else:
                yield from self._member(inside, item, depth, waiting)
        yield from waiting

    def _member(
        self, inside: Entry, found: OpenMember, depth: int, waiting: list[Entry]
    ) -> Iterator[Entry | Refusal]:
        entry = inside._replace(
            name=f"{inside.name}: {found.place}",
            below=posixpath.join(inside.below, found.place),
            source=found.source,
        )
        self._is_bugreport |= found.place.name in _OF_BUGREPORTS
        head = found.source.peek()
        kind = kind_of(head, found.place.name)
        place = self._place(entry.name)
        if kind is not None:
            if is_match(place, self._pick) or is_for_more(place, self._pick):
                yield from self._open(entry, kind, depth + 1)
        elif (foreign := foreign_kind_of(head)) and is_match(place, self._pick):
            yield Refusal(entry.name, f"is packed by {foreign}; unpack it first")
        elif not self._takes(entry, found.place.name):
            return
        elif is_crash_buffer(found.place.name) and any(head) and self._held < _HELD:
            waiting.append(self._hold(entry, found))
        else:
            picked = entry._replace(is_picked=place == self._pick)
            yield as_log(picked, found.source.peek(_HEAD))

    def _place(self, name: str) -> str:
        """Return where what messages call `name` is in the archive, as picks have it."""
        return name.removeprefix(f"{self._name}: ").replace(": ", ":")

    def _takes(self, entry: Entry, name: str) -> bool:
        """Tell whether a file called `name`, unpacked, is wanted."""
        if not entry.in_archive and not self._pick:
            return True
        place = self._place(entry.name) if entry.in_archive else name
        if is_named(place, self._pick) or is_named(without_ending(place), self._pick):
            return True
        return is_log(name, plain=self._plain) and is_match(place, self._pick)

    def _hold(self, entry: Entry, found: OpenMember) -> Entry:
        """Read a crash buffer now, to yield it when the logs beside it are through."""
        room = _HELD - self._held
        data = b""
        while len(data) < room and (more := found.source.read(room - len(data))):
            data += more
        self._held += len(data)
        member = Member(BytesIO(data).read)
        member.fault = found.source.fault
        return entry._replace(source=member)
