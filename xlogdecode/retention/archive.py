"""Logs moved into one `.tar.zst` a package and month, read back before anything goes."""

import hashlib
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from xlogdecode.errors import XlogError
from xlogdecode.platform.files import may_replace
from xlogdecode.retention.candidates import Candidate, LogDirectory
from xlogdecode.retention.folders import Folder, FolderPath
from xlogdecode.retention.plan import Decision
from xlogdecode.retention.state import locked

__all__ = ["MonthlyArchive"]

_CHUNK: Final = 1 << 18
_WINDOW_LOG: Final = 27
"""Archives are read with a window of up to 128 MiB, as `zstd -d` reads them."""


class ArchiveError(XlogError):
    """A file could not be stored, or did not read back as it went in."""


class MonthlyArchive:
    """A folder of archives, `<package>-<YYYY-MM>.tar.zst`; the layout's name where no package is.

    An archive that exists is written anew with its members and the added ones, beside itself, and
    takes its own place only once all of it has read back right: it is complete at any moment. It is
    written once for all folders, so that the time grows with the files alone.
    """

    def __init__(self, folder: Path, *, patience: float = 60) -> None:
        """Use `folder`; wait up to `patience` seconds for another sweep that writes there."""
        self._folder = folder
        self._patience = patience

    def take(
        self, folders: list[tuple[LogDirectory, list[Decision]]]
    ) -> dict[tuple[str, str], Exception]:
        """Store the files of all log folders; return the failures, by folder and name.

        A failure is one for all files of its archive. Raises LockHeldError, and XlogError where
        the folder cannot be made.
        """
        months: dict[str, list[Candidate]] = {}
        for _, decisions in folders:
            for decision in decisions:
                months.setdefault(_archive_name(decision.candidate), []).append(decision.candidate)
        failed: dict[tuple[str, str], Exception] = {}
        remedy = "choose a folder with --archive"
        with locked(self._folder / ".lock", remedy, patience=self._patience):
            for name, candidates in months.items():
                if error := self._stored(self._folder / name, candidates):
                    for candidate in candidates:
                        failed[candidate.directory.path, candidate.name] = error
        return failed

    def _stored(self, path: Path, candidates: list[Candidate]) -> Exception | None:
        try:
            self._add(path, candidates)
        except (OSError, XlogError, EOFError, tarfile.TarError, _zstd_error()) as error:
            why = getattr(error, "strerror", None) or error
            text = f"not archived in {path}: {why}"
            if isinstance(error, (EOFError, tarfile.TarError, _zstd_error())):
                text += ": it is damaged: move it away, and a new one is begun"
            return ArchiveError(text)
        return None

    def _add(self, path: Path, candidates: list[Candidate]) -> None:
        part = path.with_name(f".{path.name}.part")
        may_replace(path)
        part.unlink(missing_ok=True)  # what a killed run left
        try:
            with _writing(part) as new, FolderPath() as ways:
                digests = _copy(path, new) if path.exists() else {}
                for candidate in candidates:
                    folder = ways.open(candidate.directory.path)
                    _store(new, folder, candidate, digests)
            if _digests(part) != digests:
                raise ArchiveError("it does not read back as it went in")
            part.replace(path)
            _sync(path.parent)
        finally:
            part.unlink(missing_ok=True)


def _archive_name(candidate: Candidate) -> str:
    where = candidate.directory.package or candidate.directory.layout
    month = candidate.log.day.isoformat()[:7] if candidate.log and candidate.log.day else "undated"
    return f"{where}-{month}.tar.zst"


def _store(
    new: tarfile.TarFile, folder: Folder, candidate: Candidate, digests: dict[str, str]
) -> None:
    """Add one file; the same content under the same name is there already and is not added."""
    descriptor = folder.open(candidate.name)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) != (candidate.device, candidate.inode):
            raise ArchiveError(f"{candidate.shown}: replaced meanwhile")
        wanted = hashlib.file_digest(file, "sha256").hexdigest()
        name = _free_name(candidate, wanted, digests)
        if name in digests:
            return
        file.seek(0)
        member = new.gettarinfo(arcname=name, fileobj=file)
        new.addfile(member, file)  # a file that shrinks meanwhile is an OSError
    digests[name] = wanted


def _free_name(candidate: Candidate, digest: str, digests: dict[str, str]) -> str:
    """Return the file's path as a member, with `~N` where another file has that name already."""
    path = Path(candidate.directory.path, candidate.name)
    name = str(path.relative_to(path.anchor)).replace(os.sep, "/")
    names = (name if n == 0 else f"{name}~{n}" for n in range(len(digests) + 1))
    return next(name for name in names if digests.get(name, digest) == digest)


def _copy(path: Path, new: tarfile.TarFile) -> dict[str, str]:
    """Copy every member of the archive at `path`; return digests by name."""
    digests: dict[str, str] = {}
    with _reading(path) as old:
        for member in old:
            content = old.extractfile(member)
            if content is None:
                new.addfile(member)
                continue
            noted = _Noted(content)
            new.addfile(member, noted)
            digests[member.name] = noted.digest.hexdigest()
    return digests


def _digests(path: Path) -> dict[str, str]:
    digests: dict[str, str] = {}
    with _reading(path) as archive:
        for member in archive:
            if content := archive.extractfile(member):
                noted = _Noted(content)
                while noted.read(_CHUNK):
                    pass
                digests[member.name] = noted.digest.hexdigest()
    return digests


class _Noted:
    """A file whose digest is taken as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


@contextmanager
def _writing(path: Path) -> Iterator[tarfile.TarFile]:
    from xlogdecode.codecs.zstd_library import opened

    with path.open("xb") as file:  # follows no link
        os.chmod(path, 0o600)  # noqa: PTH101 - logs are private
        with (
            opened(file, "wb", _WINDOW_LOG) as packed,
            tarfile.open(  # of two names of one file, each is stored in full
                fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT, dereference=True
            ) as archive,
        ):
            yield archive
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _reading(path: Path) -> Iterator[tarfile.TarFile]:
    from xlogdecode.codecs.zstd_library import opened

    with path.open("rb") as file:
        unpacked = opened(file, "rb", _WINDOW_LOG)
        with tarfile.open(fileobj=unpacked, mode="r|") as archive:
            yield archive


def _sync(folder: Path) -> None:
    """Make the new name last; Windows has no descriptors of folders and needs none."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _zstd_error() -> Any:
    from xlogdecode.codecs.zstd_library import ZstdError

    return ZstdError
