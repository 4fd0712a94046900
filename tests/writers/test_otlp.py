"""Lines of OTLP parse as OpenTelemetry's own requests, and say what JSON says."""

import json

from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tests.command import run
from tests.shared import FIXTURES

LOG = FIXTURES / "imsdk_20240101.xlog"
SEVERITIES = {"V": 1, "D": 5, "I": 9, "W": 13, "E": 17, "F": 21, None: 0}


def requests_of(*words):
    done = run("-c", "--format", "otlp", *words)
    return [Parse(line, ExportLogsServiceRequest()) for line in done.out.splitlines()]


def plain(attributes):
    return {one.key: one.value.int_value or one.value.string_value for one in attributes}


def records_of(requests):
    """Yield each log record, with the attributes of its resource."""
    for request in requests:
        for resource in request.resource_logs:
            for scope in resource.scope_logs:
                for record in scope.log_records:
                    yield plain(resource.resource.attributes), record


def test_each_record_is_the_object_of_json(tmp_path):
    cut = tmp_path / "cut.xlog"
    cut.write_bytes(LOG.read_bytes()[:-700])
    for log in (LOG, cut):
        objects = [json.loads(line) for line in run("-c", "--format", "json", log).out.splitlines()]
        found = list(records_of(requests_of(log)))
        assert len(found) == len(objects) > 100
        for (_, record), one in zip(found, objects, strict=True):
            assert record.body.string_value == one["message"]
            assert record.severity_number == SEVERITIES[one["level"]]
            attributes = plain(record.attributes)
            assert attributes.get("code.function.name") == one["function"]
            assert attributes.get("code.line.number") == one["line"]
            assert attributes.get("xlog.lost_bytes") == one.get("length")


def test_a_time_is_in_nanoseconds_of_utc():
    (record,) = [record for _, record in records_of(requests_of("--grep", "load msf appid", LOG))][
        :1
    ]
    (one,) = run("-c", "--format", "json", "--grep", "load msf appid", LOG).out.splitlines()[:1]
    from datetime import datetime

    expected = datetime.fromisoformat(json.loads(one)["time"])
    assert record.time_unix_nano == round(expected.timestamp() * 1000) * 1_000_000


def test_a_session_is_a_resource():
    resources = [resource for resource, _ in records_of(requests_of(LOG))]
    assert {one["xlog.session"] for one in resources} == {1, 2}
    assert resources[-1]["device.model.name"] == "Pixel 8"
    assert resources[-1]["service.version"] == "7.7.5282"
    assert resources[-1]["log.file.name"] == str(LOG)
