"""Stores by URL, through fsspec: file systems, what is known of objects, faults as one line.

Imported only where a URL is given. Messages never have the user, the password, the query or the
fragment of a URL: these may be credentials or a signature.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

from xlogdecode.errors import (
    InputError,
    MissingExtraError,
    OutputError,
    UsageError,
    XlogError,
)
from xlogdecode.platform.files import FileInfo

__all__ = [
    "Store", "copy_in_s3", "delete_in_s3", "faults", "info_at", "info_from", "info_if_there",
    "reason_of", "remove", "shown_url", "store_at",
]  # fmt: skip

_EXTRAS: Final = {
    "s3": "s3", "s3a": "s3", "cos": "cos", "cosn": "cos", "gs": "gs", "gcs": "gs", "az": "az",
    "abfs": "az", "abfss": "az", "http": "http", "https": "http",
}  # fmt: skip
"""A scheme -> the extra that brings its packages, if that is not `stores`."""

_CREDENTIALS: Final = {
    "cos": "COS_SECRET_ID, COS_SECRET_KEY and COS_REGION or COS_ENDPOINT",
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile in ~/.aws",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS or `gcloud auth application-default login`",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
"""An extra -> where its packages take credentials from; else fsspec's configuration."""

_SECRETS: Final = re.compile(
    r"(?<=http://)[^/?#\s]*@|(?<=https://)[^/?#\s]*@|(?<=://)[^/?#\s:]*:[^/?#\s]*@"
)
"""The user and the password in a URL; in `abfs://` what is before the @ is the container."""

_QUERY: Final = re.compile(r"(?i)((?:https?|az|abfss?)://[^\s?#'\"<>]*)[?#][^\s'\"<>]*")
"""A URL with a query, which may hold a signature; elsewhere `?` is a character of a name."""

_LONGEST: Final = 200
"""Characters of what a store says of a fault."""

_TIMES: Final = ("LastModified", "last_modified", "Last-Modified", "updated", "mtime", "created")
_TAGS: Final = ("ETag", "etag", "e_tag")


class Store(NamedTuple):
    """A file system of fsspec, and a path in it."""

    fs: Any
    path: str

    @property
    def scheme(self) -> str:
        """The first scheme of the file system."""
        name = self.fs.protocol
        return str(name if isinstance(name, str) else name[0])


def shown_url(url: str) -> str:
    """Return a URL as messages have it."""
    return _QUERY.sub(r"\1", _SECRETS.sub("", url))


def store_at(url: str) -> Store:
    """Return the file system of a URL, and the path in it. Nothing is asked of the store.

    Raises MissingExtraError where its packages are not installed, UsageError for an unknown scheme.
    """
    scheme = url.partition("://")[0].lower()
    extra = _EXTRAS.get(scheme, "stores")
    try:
        from fsspec.core import url_to_fs

        # what was listed long ago is not what is there
        return Store(*url_to_fs(url, use_listings_cache=False))
    except ImportError as error:
        missing = f" ({error.name} is missing)" if error.name else ""
        raise MissingExtraError(
            f"{scheme}:// needs packages that are not installed{missing}: "
            f"pip install 'xlogdecode[{extra}]'"
        ) from None
    except Exception as error:  # noqa: BLE001 - each package has classes of its own
        if "Protocol not known" not in str(error):
            where = _CREDENTIALS.get(extra, "the configuration of fsspec")
            why = f"cannot be used: {_said(error).rstrip('.! ')}; check the URL, and {where}"
            raise InputError(f"{shown_url(url)}: {why}") from None
        if scheme in _EXTRAS:
            raise MissingExtraError(
                f"{scheme}:// needs packages that are not installed: "
                f"pip install 'xlogdecode[{extra}]'"
            ) from None
        known = ", ".join(f"{name}://" for name in (*_EXTRAS, "file", "memory"))
        raise UsageError(
            f"{shown_url(url)}: {scheme}:// is not known; use {known}, or install the package that "
            "gives it to fsspec"
        ) from None


@contextmanager
def faults(url: str, kind: type[XlogError] = InputError, doing: str = "read") -> Iterator[None]:
    """Raise what a store's packages raise within as one line that names the URL, of class `kind`.

    `doing` is the word for what is done, as in `cannot be read`.
    """
    try:
        yield
    except XlogError:
        raise
    except Exception as error:  # noqa: BLE001 - each package has classes of its own
        raise kind(f"{shown_url(url)}: {reason_of(error, url, doing)}") from None


def reason_of(error: BaseException, url: str, doing: str = "read") -> str:
    """Return in words why something failed, and what to do about it."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__
    names = {kind.__name__ for one in seen for kind in type(one).__mro__}
    statuses = {getattr(one, "status", None) for one in seen}
    for kinds, codes, reason in _REASONS:
        if names & kinds or statuses & codes:
            extra = _EXTRAS.get(url.partition("://")[0].lower(), "")
            where = _CREDENTIALS.get(extra, "the configuration of fsspec")
            return reason.format(doing=doing, where=where)
    return f"cannot be {doing}: {_said(error)}"


_REASONS: Final = (
    (
        {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError",
         "DefaultCredentialsError", "ClientAuthenticationError"},
        set[int](),
        "cannot be {doing}: no credentials were found; set {where}",
    ),
    (
        {"PermissionError", "Forbidden"},
        {401, 403},
        "cannot be {doing}: permission denied; check the credentials ({where}) and their rights",
    ),
    (
        {"EndpointConnectionError", "ClientConnectorError", "ConnectionRefusedError", "gaierror",
         "ServiceRequestError"},
        set[int](),
        "cannot be {doing}: the store cannot be reached; check the network and the endpoint",
    ),
    (
        {"TimeoutError", "FSTimeoutError", "ReadTimeoutError", "ConnectTimeoutError"},
        {408, 504},
        "cannot be {doing}: the store did not answer in time; try again",
    ),
    (
        {"FileExpired"},
        {412},
        "cannot be {doing}: the object was replaced meanwhile; try again",
    ),
    (
        {"ClientPayloadError", "IncompleteRead", "ServerDisconnectedError", "ConnectionError",
         "ConnectionClosedError", "ResponseStreamingError", "ClientOSError"},
        set[int](),
        "cannot be {doing}: the connection broke off; try again",
    ),
    (
        set[str](),
        {429, 500, 502, 503},
        "cannot be {doing}: the store is in trouble, or has too much to do; try again",
    ),
    (
        {"FileNotFoundError"},
        {404},
        "does not exist; check the name of the bucket and of the object",
    ),
    (
        {"FileExistsError"},
        set[int](),
        "exists; -f writes over it, -o chooses another name",
    ),
)  # fmt: skip
"""Names of classes, HTTP statuses -> the reason; the first that fits.

fsspec's HTTP says of any fault that there is no such file: its cause comes before that.
"""


def _said(error: BaseException) -> str:
    text = " ".join(shown_url(str(error)).split()) or type(error).__name__
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def info_at(url: str) -> FileInfo:
    """Return what is known of the object at `url`: one request. Raises InputError."""
    store = store_at(url)
    with faults(url):
        found = store.fs.info(store.path)
    if found.get("type") == "directory":
        raise InputError(f"{shown_url(url)}: is a folder; -r takes the logs in it")
    return info_from(found)


def info_if_there(url: str) -> FileInfo | None:
    """Return what is known of the object at `url`; None if there is none. Raises OutputError."""
    store = store_at(url)
    with faults(url, OutputError, "looked at"):
        try:
            found = store.fs.info(store.path)
        except FileNotFoundError as error:
            if getattr(error.__cause__, "status", 404) != 404:  # fsspec's HTTP: any fault
                raise
            return None
    return None if found.get("type") == "directory" else info_from(found)


def info_from(found: Mapping[str, Any]) -> FileInfo:
    """Return what a listing, or a look at an object, says of it."""
    time = next((found[name] for name in _TIMES if found.get(name) is not None), None)
    tag = next((found[name] for name in _TAGS if found.get(name)), None)
    size = found.get("size")
    return FileInfo(
        None if size is None else int(size),
        _nanoseconds(time),
        None if tag is None else str(tag).strip('"'),
    )


def _nanoseconds(time: object) -> int | None:
    if isinstance(time, str):
        time = _parsed(time)
    if isinstance(time, datetime):
        time = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    return int(time * 1_000_000_000) if isinstance(time, int | float) else None


def _parsed(time: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return parse(time)
        except ValueError:
            continue
    return None


def remove(url: str, info: FileInfo) -> str:
    """Remove an object that is still as `info` says; return why it is kept, if it is."""
    try:
        now = info_at(url)
        if now[:3] != info[:3]:
            return "has changed while it was read: kept"
        store = store_at(url)
        with faults(url, doing="removed"):
            store.fs.rm_file(store.path)
    except XlogError as error:
        return str(error).removeprefix(f"{shown_url(url)}: ")
    return ""


def copy_in_s3(files: Any, source: str, place: str) -> None:
    """Copy an object within S3, without a look at it first. Raises what the packages raise."""
    (bucket, _, key), (into, _, to) = source.partition("/"), place.partition("/")
    try:
        origin = {"Bucket": bucket, "Key": key}
        files.call_s3("copy_object", CopySource=origin, Bucket=into, Key=to)
    except FileNotFoundError:
        raise
    except OSError:  # more than 5 GB are copied in parts
        files.cp_file(source, place)


def delete_in_s3(files: Any, paths: Sequence[str]) -> dict[str, str]:
    """Delete objects of one bucket, 1,000 at most, in one request; return what S3 refuses, and its
    code. Raises what the packages raise.
    """
    if not paths:
        return {}
    keys = {path.lstrip("/").partition("/")[2]: path for path in paths}
    bucket = paths[0].lstrip("/").partition("/")[0]
    wanted = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
    answer = files.call_s3("delete_objects", Bucket=bucket, Delete=wanted)
    return {
        keys[one["Key"]]: str(one.get("Code", "?"))
        for one in answer.get("Errors", ())
        if one.get("Key") in keys and one.get("Code") != "NoSuchKey"
    }
