"""Decoded text -> records, with their fields.

    for item in read_records(events, source="imsdk_C_20240101.xlog"):
        if isinstance(item, Record):
            print(item.time, item.level, item.message)

Two lanes look at the same text. The exact one, here, makes a `Record` of each; the bulk one
(`xlogdecode.filters`) only finds which stretches of text are wanted. Both open a record by the
same table, `layouts`.
"""

from xlogdecode.records.events import Event, Loss
from xlogdecode.records.reader import read_batches, read_records
from xlogdecode.records.record import Record

__all__ = ["Event", "Loss", "Record", "read_batches", "read_records"]
