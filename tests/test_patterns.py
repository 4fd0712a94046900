"""Regular expressions that each Python from 3.11 on takes alike."""

import re

from tests.command import ROOT

POSSESSIVE_GROUP = re.compile(r"\)(?:[*+?]|\{\{?[0-9]*,?[0-9]*\}\}?)\+")


def test_no_pattern_repeats_a_group_possessively() -> None:
    """Before Python 3.11.5 that matches too little at times; `(?>(?:...)*)` says the same."""
    package = ROOT / "xlogdecode"
    sources = [*package.rglob("*.py"), *package.rglob("*.yaml")]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if POSSESSIVE_GROUP.search(line)
    ]
    assert len(sources) > 100
    assert found == []
