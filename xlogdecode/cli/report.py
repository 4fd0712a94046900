"""`--report`: the result of each input, in a file of its own. Imported only where one is wanted."""

import json
from pathlib import Path

from xlogdecode.cli.arguments import Arguments
from xlogdecode.cli.streams import standard_output
from xlogdecode.errors import OutputError, UsageError
from xlogdecode.inputs import STDIN
from xlogdecode.inputs.names import is_archive
from xlogdecode.jobs.request import Request
from xlogdecode.jobs.result import Result
from xlogdecode.outputs import SaveFile
from xlogdecode.outputs.destinations import save_file
from xlogdecode.outputs.report_place import ReportPlace, ReportPlaceInStore
from xlogdecode.outputs.stores import local_path
from xlogdecode.platform.files import is_url

__all__ = ["ReportFile"]

_STDOUT = Path("-")


class ReportFile:
    """Takes the result of each input, and writes them once all are done."""

    def __init__(self, path: str) -> None:
        """Write to `path`, or to a URL; `-` is standard output. Raises UsageError for a folder."""
        local = local_path(path) if is_url(path) else path
        self._url = path if local is None else ""
        self._path = Path(local or "")
        self._place = ReportPlaceInStore(path) if local is None else ReportPlace(self._path)
        self._rows: list[bytes] = []

    def reserve(self, target: str) -> None:
        """Raise UsageError if the text of an input would go to the place of the report."""
        self._place.refuse(target, "the text in")

    def refuse_places(self, arguments: Arguments, paths: list[str], request: Request) -> None:
        """Raise UsageError for a place where something is read, or as far as known now, written."""
        for what, path in arguments.read_besides:
            self._place.refuse(path, what)
        is_piped = request.to_sink or (STDIN in paths and request.output is None)
        if self._path == _STDOUT:
            if is_piped and not request.test:
                raise UsageError("--report - would mix with the text; write one of them to a file")
            return
        self._place.refuse_inputs(paths, recursive=request.recursive)
        self._place.refuse(1, "standard output")
        if request.test or request.to_sink:
            return
        if request.output is not None:
            self._place.refuse(request.output, "the output")
            return
        for path in paths:
            if path != STDIN and not is_archive(path) and not Path(path).is_dir():
                self.reserve(path + request.suffix)

    def add(self, result: Result) -> None:
        """Take the result of an input."""
        self._rows.append(json.dumps(result.as_dict()).encode() + b"\n")

    def write(self) -> None:
        """Write a JSON object a line, in a folder that is made if need be. Raises OutputError."""
        text = b"".join(self._rows)
        if self._path == _STDOUT:
            standard_output().write(text)
            return
        remedy = "--report names a file elsewhere"
        if self._url:
            with save_file(self._url, replace=True) as there:
                there.write(text)
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = f"its folder cannot be made: {error.strerror}"
            raise OutputError(f"{self._path}: {why}; {remedy}") from None
        try:
            with SaveFile(self._path, replace=True) as file:
                file.write(text)
        except OutputError as error:
            raise OutputError(f"{str(error).partition('; ')[0]}; {remedy}") from None
