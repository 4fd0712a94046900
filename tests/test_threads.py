"""The same text and the same report, for any number of threads."""

import pytest

from tests.bench import inputs
from xlogdecode import Options, decode_bytes


@pytest.mark.parametrize("kind", [kind for kind in inputs.KINDS_OF_INPUT if kind != "small"])
def test_threads_change_nothing_in_the_text_or_the_report(kind: str) -> None:
    data = b"".join(inputs.stream(kind, 12_000_000, inputs.cycle_of(kind, lines=20_000)))
    text, report = decode_bytes(data, Options(keys=(inputs.KEY,), threads=1))
    assert len(text) > 9_000_000
    assert report.is_whole == (kind != "damaged")
    for threads in (2, 5):
        again, same = decode_bytes(data, Options(keys=(inputs.KEY,), threads=threads))
        assert again == text
        assert same == report
