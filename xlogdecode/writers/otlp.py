"""OpenTelemetry: requests of its protocol for logs (OTLP) in JSON, one a line.

Each line is an `ExportLogsServiceRequest`: the records of one session, which is the resource, up
to the next session or the end of a batch. See opentelemetry.io/docs/specs/otlp, and its data model
for logs; the attributes of code, threads and processes are those of the semantic conventions.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from xlogdecode.records import Loss, Record
from xlogdecode.records.record import SEVERITIES
from xlogdecode.records.sessions import SessionTracker
from xlogdecode.writers.objects import as_object, printable

__all__ = ["OtlpWriter"]

_SEVERITY_NAMES: Final = {
    "V": "TRACE", "D": "DEBUG", "I": "INFO", "W": "WARN", "E": "ERROR", "F": "FATAL",
}  # fmt: skip

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_RESOURCE: Final = {
    "service.version": "sdk_version",
    "device.model.name": "device_type",
    "device.id": "device_id",
    "os.name": "platform",
    "os.version": "system_version",
    "process.pid": "process_id",
    "xlog.sdk_app_id": "sdk_app_id",
    "xlog.session": "number",
}
"""Attribute of a resource -> the field of a session that it is."""

_ATTRIBUTES: Final = {
    "code.function.name": "function",
    "code.file.path": "file",
    "code.line.number": "line",
    "thread.id": "tid",
    "xlog.tag": "tag",
    "xlog.type": "type",
    "xlog.block_offset": "block_offset",
    "xlog.lost_bytes": "length",
    "xlog.reason": "reason",
}
"""Attribute of a log record -> the key of an object (`objects.as_object`) that it is."""

Attributes = list[dict[str, Any]]


class OtlpWriter:
    """Writes requests, a line each."""

    header = b""

    def __init__(self, *, marks: bool = True) -> None:
        """Without `marks`, losses are passed over."""
        self._marks = marks
        self._trackers: dict[str, SessionTracker] = {}

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return the lines of `batch`; `source` is that of the losses."""
        return b"".join(
            _line(resource, records) for resource, records in self._by_resource(batch, source)
        )

    def close(self) -> bytes:
        """Return nothing: each line is complete."""
        return b""

    def _by_resource(
        self, batch: Sequence[Record | Loss], source: str
    ) -> Iterator[tuple[Attributes, list[dict[str, Any]]]]:
        """Yield records in a row that are of one resource, and its attributes."""
        last: Attributes | None = None
        records: list[dict[str, Any]] = []
        for item in batch:
            if isinstance(item, Record):
                resource = self._resource(item)
            elif self._marks:
                resource = last or _attributes({"service.name": _SERVICE, _FILE: printable(source)})
            else:
                continue
            if last is not None and resource != last:
                yield last, records
                records = []
            last = resource
            records.append(_log_record(item, source))
        if last is not None:
            yield last, records

    def _resource(self, record: Record) -> Attributes:
        """Return what is known so far of the session of a record."""
        source = record.source
        tracker = self._trackers.setdefault(source, SessionTracker(source))
        session = tracker.add(record)
        facts = {name: getattr(session, field) for name, field in _RESOURCE.items()}
        return _attributes({"service.name": _SERVICE, _FILE: printable(source)} | facts)


_SERVICE: Final = "xlog"
_FILE: Final = "log.file.name"


def _line(resource: Attributes, records: list[dict[str, Any]]) -> bytes:
    scopes = [{"scope": {"name": "xlogdecode"}, "logRecords": records}]
    request = {"resourceLogs": [{"resource": {"attributes": resource}, "scopeLogs": scopes}]}
    return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _log_record(item: Record | Loss, source: str) -> dict[str, Any]:
    found = as_object(item, source)
    record: dict[str, Any] = {}
    time = item.time if isinstance(item, Record) else None
    if time is not None:
        utc = time if time.tzinfo else time.replace(tzinfo=UTC)
        record["timeUnixNano"] = str((utc - _EPOCH) // timedelta(microseconds=1) * 1000)
    level = found["level"]
    if level in SEVERITIES:
        record |= {"severityNumber": SEVERITIES[level], "severityText": _SEVERITY_NAMES[level]}
    record["body"] = {"stringValue": found["message"]}
    record["attributes"] = _attributes({name: found.get(key) for name, key in _ATTRIBUTES.items()})
    return record


def _attributes(values: Mapping[str, Any]) -> Attributes:
    """Return attributes as JSON has them; those without a value are left out."""
    return [
        {"key": name, "value": _value(value)} for name, value in values.items() if value is not None
    ]


def _value(value: str | int) -> dict[str, str]:
    """Return a value as JSON of protobuf has it: numbers of 64 bits are texts."""
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}
