"""The command line of `decode` as one value, and the request that it makes."""

import os
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from xlogdecode.cli.filter_options import parse_reading
from xlogdecode.cli.keys import read_keys
from xlogdecode.decoder.options import Options
from xlogdecode.inputs import STDIN, is_url
from xlogdecode.jobs.request import Request

if TYPE_CHECKING:
    from pathlib import Path

    from xlogdecode.jobs.selection import Selection

__all__ = ["Arguments", "is_given", "request_of"]


@dataclass(frozen=True, slots=True)
class Arguments:
    """The values that click found, by the names of its parameters: None or empty if not given."""

    paths: tuple[str, ...]
    recursive: bool
    no_archives: bool
    key_files: tuple[str, ...]
    since: str | None
    until: str | None
    level: str | None
    tags: tuple[str, ...]
    functions: tuple[str, ...]
    files: tuple[str, ...]
    pids: tuple[int, ...]
    tids: tuple[int, ...]
    grep: tuple[str, ...]
    ignore_case: bool
    invert_match: bool
    after: int | None
    before: int | None
    around: int | None
    last: int | None
    session: str | None
    tz: str | None
    layout: str | None
    encoding: str | None
    form: str | None
    local: bool
    fields: str | None
    with_what: str | None
    excel: bool
    partition_by: str | None
    merge: bool
    count: bool
    redact: bool
    redact_patterns: str | None
    redact_words: str | None
    redact_text: bool
    redact_map: str | None
    to_stdout: bool
    output: str | None
    force: bool
    update: bool
    remove: bool
    utf8: bool
    list_them: bool
    as_json: bool
    test: bool
    follow: bool
    with_mmap: bool
    processes: int
    dedup: bool
    no_marks: bool
    strict: bool
    quiet: bool
    verbose: bool
    report_path: str | None
    no_pager: bool

    @property
    def selects(self) -> bool:
        """Whether any option looks at records."""
        return any(is_given(getattr(self, name)) for name in _RECORDS)

    @property
    def output_path(self) -> "Path | str | None":
        """The file or folder of `-o`, a text if it is a URL; None without it, and where it is
        standard output.
        """
        if self.output is None or self.output == STDIN:
            return None
        if is_url(self.output):
            return self.output
        from pathlib import Path  # 4 ms that most runs need not spend

        return Path(self.output)

    @property
    def prints(self) -> bool:
        """Whether all text goes to standard output, wherever it comes from."""
        to_file = self.output_path is not None
        return self.to_stdout or self.output == STDIN or self.count or (self.merge and not to_file)

    @property
    def prints_some(self) -> bool:
        """Whether any text goes to standard output."""
        return self.prints or (STDIN in self.paths and self.output is None)

    @property
    def pages(self) -> bool:
        """Whether a pager may end the work early: not that of files that are written at its end."""
        return not (self.no_pager or self.count or self.report_path or self.redact_map)

    @property
    def read_besides(self) -> tuple[tuple[str, str], ...]:
        """The files that are read besides the inputs, each with what it is."""
        files = [("the key file", path) for path in self.key_files]
        files += [("the patterns", path) for path in (self.redact_patterns,) if path]
        files += [("the layouts", path) for path in (self.layout,) if path]
        return (*files, *[("the words", path) for path in (self.redact_words,) if path])

    @property
    def redacts(self) -> bool:
        """Whether private values are replaced."""
        return any(is_given(getattr(self, name)) for name in _REDACTS)


_NAMES = [field.name for field in fields(Arguments)]
_RECORDS = _NAMES[_NAMES.index("since") : _NAMES.index("redact_map") + 1]


_REDACTS = ("redact", "redact_patterns", "redact_words", "redact_text", "redact_map")


def is_given(value: object) -> bool:
    """Tell an option's value from its absence: 0 is a value, the usual format is none."""
    return value is not None and value is not False and value not in ((), "text")


def request_of(arguments: Arguments, selection: "Selection | None") -> Request:
    """Return the request that the command line makes. Raises KeyFileError."""
    output = arguments.output or ""
    separators = tuple(filter(None, (os.sep, os.altsep)))
    return Request(
        Options(
            keys=read_keys(arguments.key_files),
            marks=not arguments.no_marks,
            strict=arguments.strict,
            dedup=arguments.dedup,
            verify=arguments.test or arguments.remove or arguments.strict,
        ),
        selection,
        output=arguments.output_path,
        output_is_folder=output.endswith(separators),
        to_sink=arguments.prints,
        replace=arguments.force,
        update=arguments.update,
        remove=arguments.remove,
        recursive=arguments.recursive,
        archives=not arguments.no_archives,
        test=arguments.test or arguments.list_them,
        periods=arguments.list_them,
        utf8=arguments.utf8,
        reading=(
            selection.reading if selection else parse_reading(arguments.layout, arguments.encoding)
        ),
        processes=arguments.processes,
    )
