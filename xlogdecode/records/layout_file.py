"""A YAML file of layouts: `xlogdecode --layout FILE`.

layouts:
  - layout: our-app
    pattern: '(?P<time>.{23}) (?P<level>[A-Z])\\|(?P<pid>\\d+),(?P<tid>\\d+)\\|(?P<tag>[^|]*)\\|'
    time: '%Y-%m-%d %H:%M:%S.%f'
    levels: {W: [NOTICE], E: [SEVERE]}
    samples: ['2026-05-21 11:46:00.123 I|1,2|Tag|connected']
"""

import os
from collections.abc import Iterable
from datetime import date
from typing import Final

from xlogdecode.encodings import parse_encoding
from xlogdecode.errors import UsageError
from xlogdecode.records.own_layout import LineLayout, parse_line_pattern, parse_time_format
from xlogdecode.records.reading import LogHints
from xlogdecode.records.timestamps import Stamps
from xlogdecode.yaml_file import YamlValue, load_yaml

__all__ = ["AnyLayout", "read_layouts", "reading_of"]

AnyLayout = str | os.PathLike[str] | LineLayout | Iterable[LineLayout]
"""A layout, several, or the path of a YAML file of some."""

_EMPTY: Final = "write `layouts:`, and below it a dash and `layout: NAME` for each"
_KEYS: Final = ("layout", "pattern", "time", "levels", "samples")


def reading_of(layout: AnyLayout | None, encoding: str | None) -> LogHints:
    """Return what a person says of a log. Raises UsageError, and ConfigError for a file."""
    layouts: tuple[LineLayout, ...] = ()
    if isinstance(layout, str | os.PathLike):
        layouts = read_layouts(layout)
    elif layout is not None:
        layouts = (layout,) if isinstance(layout, LineLayout) else tuple(layout)
    return LogHints(layouts, None if encoding is None else parse_encoding(encoding))


def read_layouts(path: str | os.PathLike[str]) -> tuple[LineLayout, ...]:
    """Return the layouts in a YAML file. Raises ConfigError, which names the file and the line."""
    root = load_yaml(path, _EMPTY)
    fields = root.mapping("the file", ["layouts"])
    items = fields["layouts"].items("`layouts`") if "layouts" in fields else []
    if not items:
        raise root.error(_EMPTY)
    return tuple(map(_layout, items))


def _layout(item: YamlValue) -> LineLayout:
    fields = item.mapping("a layout", _KEYS)
    for needed in ("layout", "pattern"):
        if needed not in fields:
            raise item.error(f"a layout must have the key {needed!r}")
    pattern = fields["pattern"].parsed("`pattern`", parse_line_pattern)
    time = fields["time"].parsed("`time`", parse_time_format) if "time" in fields else ""
    levels = {
        written.text("a level"): letter.text("a level")
        for letter, names in (fields["levels"].pairs("`levels`") if "levels" in fields else [])
        for written in names.items("the names of a level")
    }
    name = fields["layout"].text("`layout`")
    try:
        layout = LineLayout(name, pattern, time=time, levels=levels)
    except UsageError as error:
        raise item.error(str(error)) from None
    for sample in fields["samples"].items("`samples`") if "samples" in fields else []:
        _try_sample(layout, sample)
    return layout


def _try_sample(layout: LineLayout, sample: YamlValue) -> None:
    """Raise ConfigError unless a line opens a record of `layout`, with a time if it has one."""
    line = sample.text("a sample").encode("utf-8").decode("latin-1")
    parts = layout.parts(line, Stamps(near=date(2000, 1, 1)))
    if parts is None:
        raise sample.error("the pattern does not match this sample")
    if layout.time and not parts.clock:
        raise sample.error(f"the time of this sample is not as {layout.time!r} says")
