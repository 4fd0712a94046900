"""Times as the reader's clock shows them: for what is written of records, never for filters."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Final

from xlogdecode.records.events import Loss
from xlogdecode.records.record import Record
from xlogdecode.records.timestamps import Stamp, stamp_of

__all__ = ["LocalTimes"]

_BOUND: Final = 4096
"""Minutes that are kept."""


class LocalTimes:
    """Puts the times of records into one zone; a time of an unknown zone stays as it is."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        """Take the zone; None is that of the machine."""
        self._zone = zone
        self._minutes: dict[tuple[str, str], Stamp | None] = {}

    def change_all(self, items: Sequence[Record | Loss]) -> list[Record | Loss]:
        """Return `items` with the times of the records moved."""
        return [self.change(item) if isinstance(item, Record) else item for item in items]

    def change(self, record: Record) -> Record:
        """Return `record` with its time moved."""
        hour, clock, zone = record[2:5]
        around = record[12].stamps[hour, zone] if clock else None
        if not around or not around[1]:
            return record
        key = f"{around[0]}{clock[:3]}", around[1]
        if key not in self._minutes:
            if len(self._minutes) >= _BOUND:
                self._minutes.clear()
            self._minutes[key] = self._moved(*key)
        moved = self._minutes[key]
        if moved is None:
            return record
        return Record(
            (*record[:2], moved.hour, moved.clock[:3] + clock[3:], moved.zone, *record[5:])
        )

    def _moved(self, minute: str, offset: str) -> Stamp | None:
        """Return the start of a minute in the zone; None where no calendar has it there."""
        try:
            return stamp_of(datetime.fromisoformat(f"{minute}:00{offset}").astimezone(self._zone))
        except (OverflowError, ValueError):
            return None
