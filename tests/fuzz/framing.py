"""Whatever the bytes, and however they are cut: all of them are accounted for, and none is lost."""

# ruff: noqa: E402 - what is fuzzed must be instrumented before the tests import it

import sys
from pathlib import Path

import atheris

sys.path[0] = str(Path(__file__).parents[2])  # the project's root, in place of this folder

with atheris.instrument_imports(include=["xlogdecode"]):
    import xlogdecode.framing  # noqa: F401 - instrumented before the tests import it

from tests.framing.test_framing import PROBES, accounted, events_of
from tests.fuzz.seeds import fuzz


def target(data: bytes) -> None:
    """Cut the input at places that the input itself names."""
    cuts = [int.from_bytes(data[at : at + 2], "little") for at in range(0, min(len(data), 16), 2)]
    for probe in PROBES:
        whole = events_of(data, [], probe)
        assert accounted(data, whole)
        assert events_of(data, cuts, probe) == whole


if __name__ == "__main__":
    fuzz("framing", target)
