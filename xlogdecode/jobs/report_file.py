"""`--report`: what came of each input, in a file of its own. Imported only where one is wanted."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from xlogdecode.errors import OutputError, UsageError
from xlogdecode.inputs import STDIN
from xlogdecode.inputs.names import is_archive
from xlogdecode.jobs.job import Outcome, standard_output
from xlogdecode.jobs.settings import Settings
from xlogdecode.jobs.status import Status
from xlogdecode.outputs import SaveFile
from xlogdecode.outputs.reserved import Apart

__all__ = ["ReportFile"]

_STDOUT = Path("-")


class ReportFile(Apart):
    """Takes what came of each input, and writes it once all are through."""

    def __init__(self, path: str) -> None:
        """Write to `path`, where `-` is standard output. Raises UsageError for a folder."""
        super().__init__(Path(path))
        self._entries: list[dict[str, Any]] = []

    def keep_apart(
        self, paths: list[str], settings: Settings, reads: Iterable[tuple[str, str]]
    ) -> None:
        """Raise UsageError for a place where something is read, or as known now, written."""
        for what, path in reads:
            self.refuse(path, what)
        is_piped = settings.to_stdout or (STDIN in paths and settings.output is None)
        if self.path == _STDOUT:
            if is_piped and not settings.test:
                raise UsageError("--report - and the text would be mixed: one of them needs a file")
            return
        self.refuse_inputs(paths, recursive=settings.recursive)
        self.refuse(1, "standard output")
        if settings.test or settings.to_stdout:
            return
        if settings.output is not None:
            self.refuse(settings.output, "the output")
            return
        for path in paths:
            if path != STDIN and not is_archive(path) and not Path(path).is_dir():
                self.refuse(path + settings.form.suffix, "the text in")

    def add(self, outcome: Outcome) -> None:
        """Take what came of an input."""
        self._entries.append(
            {
                "source": outcome.name,
                "status": outcome.status.value,
                "error": outcome.error or None,
                **outcome.report.as_dict(),
                "whole": outcome.status is Status.WHOLE,
            }
        )

    def write(self) -> None:
        """Write a JSON object a line, in a folder that is made if need be. Raises OutputError."""
        text = b"".join(json.dumps(entry).encode() + b"\n" for entry in self._entries)
        if self.path == _STDOUT:
            standard_output().write(text)
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{self.path}: its folder cannot be made: {error.strerror}; "
                "--report names a file elsewhere"
            ) from None
        with SaveFile(self.path, replace=True) as file:
            file.write(text)
